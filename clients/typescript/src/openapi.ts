// Made from docs/openapi.json by `npm run generate`; do not edit.

export interface paths {
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "email": "ann@example.org",
                     *       "password": "correct horse battery staple",
                     *       "username": "ann"
                     *     }
                     */
                    "application/json": components["schemas"]["RegisterBody"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserRegistered"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "USER_EXISTS";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "INVITATION_INVALID" | "DOMAIN_NOT_ALLOWED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "email": "ann@example.org",
                     *       "password": "correct horse battery staple"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LoginResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LoginResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_CREDENTIALS" | "USER_ALREADY_LINKED" | "INVALID_PASSWORD" | "INVALID_TARGET";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED" | "NEW_PASSWORD_REQUIRED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: {
                content: {
                    /**
                     * @example {
                     *       "token": "rt2.…"
                     *     }
                     */
                    "application/json": components["schemas"]["RefreshBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenRefreshed"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_TARGET";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REFRESH_TOKEN_REQUIRED" | "REFRESH_TOKEN_INVALID" | "REFRESH_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/reauthenticate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "password": "correct horse battery staple"
                     *     }
                     */
                    "application/json": components["schemas"]["ReauthenticateBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReauthenticationResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReauthenticationResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_PASSWORD" | "USER_LINKED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED" | "NEW_PASSWORD_REQUIRED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: {
                content: {
                    /**
                     * @example {
                     *       "token": "rt2.…"
                     *     }
                     */
                    "application/json": components["schemas"]["RefreshTokenBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserLoggedOut"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "UNAUTHORIZED" | "REFRESH_TOKEN_REQUIRED" | "REFRESH_TOKEN_INVALID";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserLoggedOut"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/lost-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "email": "ann@example.org"
                     *     }
                     */
                    "application/json": components["schemas"]["LostPasswordBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasswordResetCodeSent"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_EMAIL" | "USER_LINKED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/verify-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OtpBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CodeVerified"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "CODE_NOT_SET";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/update-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "confirmPassword": "another correct horse",
                     *       "password": "another correct horse"
                     *     }
                     */
                    "application/json": components["schemas"]["UpdatePasswordBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasswordResetResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasswordResetResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "INVALID_TARGET" | "USER_LINKED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/verify-email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OtpBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["EmailVerified"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "EMAIL_EXISTS" | "CODE_NOT_SET";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/verify-email/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ResendResult"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserFetched"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserDataExported"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ExportRequested"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/update-credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "email": "ann@example.net",
                     *       "oldPassword": "correct horse battery staple"
                     *     }
                     */
                    "application/json": components["schemas"]["UpdateCredentialsBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CredentialsUpdateResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CredentialsUpdateResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "INVALID_PASSWORD" | "PASSWORDS_REQUIRED" | "EMAIL_EXISTS";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED" | "NEW_PASSWORD_REQUIRED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/verify-update-credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OtpBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CredentialsUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "EMAIL_EXISTS" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED" | "NO_PENDING_CREDENTIALS";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/app/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ScanQr"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TWOFA_ALREADY_ENABLED" | "TWOFA_ALREADY_PENDING";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SetupCancelled"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/app/verify-setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OtpBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TwofaEnabled"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/email/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TwoFactorCodeSent"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TWOFA_ALREADY_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/email/verify-setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OtpBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TwofaEnabled"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MethodsFetched"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NO_METHODS_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "method": "app"
                     *     }
                     */
                    "application/json": components["schemas"]["MethodBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MethodEnabled"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "method": "app"
                     *     }
                     */
                    "application/json": components["schemas"]["MethodBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MethodDisabled"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/primary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "method": "app"
                     *     }
                     */
                    "application/json": components["schemas"]["MethodBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PrimaryMethodUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/recovery/regenerate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryCodesCreated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "METHODS_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/app/verify-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LoginCodeBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecondFactorResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_TARGET" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/email/verify-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LoginCodeBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecondFactorResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_TARGET" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/email/send-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TwoFactorCodeSent"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/2fa/recovery/verify-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "recoveryCode": "abcde-fghjk"
                     *     }
                     */
                    "application/json": components["schemas"]["RecoveryCodeBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecondFactorResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_TARGET" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionsFetched"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The session. */
                    session_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionRevoked"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProvidersFetched"];
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeletionResult"];
                    };
                };
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeletionResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "LAST_ADMIN";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    /** @description Only those after this one. */
                    after?: string;
                    /** @description At most so many; 100 unless said. */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationsFetched"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "email": "ann@example.org",
                     *       "expiresIn": 604800,
                     *       "roles": [
                     *         "editor"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InvitationBody"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationCreated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "REGISTRATION_CLOSED" | "DOMAIN_NOT_ALLOWED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The invitation. */
                    invitation_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationWithdrawn"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    /** @description A part of the e-mail address or username, or the id. */
                    search?: string;
                    /** @description Exactly this e-mail address. */
                    email?: string;
                    /** @description Exactly this username. */
                    username?: string;
                    /** @description With this role. */
                    role?: string;
                    /** @description With an identity of this provider. */
                    provider?: string;
                    /** @description In this state. */
                    state?: "active" | "suspended" | "deletion_scheduled";
                    /** @description The `next` of the page before. */
                    after?: string;
                    /** @description At most so many; 50 unless said. */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UsersFetched"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewUserBody"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserCreated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "PASSWORD_POLICY" | "USER_EXISTS";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserDetailsFetched"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ManagedDeletionResult"];
                    };
                };
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ManagedDeletionResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "LAST_ADMIN";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RolesChangeBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "LAST_ADMIN";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        trace?: never;
    };
    "/auth/admin/users/{user_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "LAST_ADMIN";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionsEnded"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/2fa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["UserEmailBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "EMAIL_EXISTS";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/users/{user_id}/require-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The user: the `sub` of their access tokens. */
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserUpdated"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "USER_NOT_FOUND";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    /** @description What happened to this user. */
                    user?: string;
                    /** @description What this `actor` did. */
                    actor?: string;
                    /** @description This `action`. */
                    action?: string;
                    /** @description This `outcome`. */
                    outcome?: "done" | "refused";
                    /** @description At this time or later. */
                    from?: string;
                    /** @description Before this time. */
                    until?: string;
                    /** @description The `next` of the page before. */
                    after?: string;
                    /** @description At most so many; 100 unless said. */
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuditFetched"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/admin/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StatusFetched"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "FORBIDDEN" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/google/authorize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    /** @description Where the browser ends, with the tokens in cookies: a URL of this service or of an allowed origin. A sign-in that failed ends there with `error=<CODE>`; one that needs another step with `pending=<CODE>`, and with `methods` (separated by commas) and `primary` if that is `TWOFA_REQUIRED`. Needs `AUTH_COOKIES=on`. */
                    redirect?: string;
                    /** @description An invitation, where one is required to register. */
                    invitation?: string;
                    /** @description For whom the access token at the end is to be (RFC 8707): one of `AUTH_AUDIENCES`. Not with `redirect` or `reauthenticate`, which are about the default audience. */
                    resource?: string;
                    /** @description `true`: confirm again who the user of a session is: that of the access token in the request, or in its cookie. The same browser must return, or the request must carry an access token of that session. With the cookie, the browser must come from a page of this service or of an allowed origin. */
                    reauthenticate?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuthorizationStarted"];
                    };
                };
                302: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "INVALID_TARGET";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "INVITATION_INVALID" | "REGISTRATION_REFUSED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_UNAVAILABLE";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/google": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    /** @description What the provider gave for a successful sign-in. */
                    code?: string;
                    /** @description What the sign-in began with. Good once, for ten minutes. */
                    state?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProviderSignInResult"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProviderSignInResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProviderSignInResult"];
                    };
                };
                302: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "EMAIL_REQUIRED" | "AUTH_CODE_REQUIRED" | "OAUTH_STATE_INVALID" | "OAUTH_CODE_INVALID" | "INVALID_TARGET" | "IDENTITY_ALREADY_LINKED" | "EMAIL_EXISTS";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "INVITATION_INVALID" | "DOMAIN_NOT_ALLOWED" | "REGISTRATION_REFUSED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_NOT_LINKED";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_UNAVAILABLE";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/google/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: {
                    /** @description Where the browser ends, with the tokens in cookies: a URL of this service or of an allowed origin. A sign-in that failed ends there with `error=<CODE>`; one that needs another step with `pending=<CODE>`, and with `methods` (separated by commas) and `primary` if that is `TWOFA_REQUIRED`. Needs `AUTH_COOKIES=on`. */
                    redirect?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuthorizationStarted"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_UNAVAILABLE";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProviderUnlinked"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "LAST_WAY_IN";
                        };
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_NOT_LINKED";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "UNAVAILABLE";
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/google/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    /**
                     * @example {
                     *       "idToken": "eyJhbGciOiJSUzI1NiIs…",
                     *       "nonce": "n-0S6_WzA2Mj"
                     *     }
                     */
                    "application/json": components["schemas"]["IdTokenBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenSignInResult"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenSignInResult"];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TokenSignInResult"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "VALIDATION_FAILED" | "EMAIL_REQUIRED" | "OAUTH_CODE_INVALID" | "INVALID_TARGET" | "EMAIL_EXISTS";
                        };
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "CROSS_SITE_REQUEST" | "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "INVITATION_INVALID" | "DOMAIN_NOT_ALLOWED" | "REGISTRATION_REFUSED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED";
                        };
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "NOT_FOUND";
                        };
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "RATE_LIMITED";
                        };
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "PROVIDER_UNAVAILABLE";
                        };
                    };
                };
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorAnswer"] & {
                            /** @enum {string} */
                            code: "INTERNAL_SERVER_ERROR" | "OVERLOADED" | "UNAVAILABLE" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The access token of a session whose owner confirmed again who they are; its refresh token stays as it is. */
        AccessTokenOnly: {
            accessToken?: string;
            /**
             * Format: int64
             * @description Seconds until the access token expires.
             */
            expiresIn: number;
            tokenType: components["schemas"]["TokenType"];
        };
        AuditFetched: {
            /** @constant */
            code: "AUDIT_FETCHED";
            data: components["schemas"]["AuditRecordsData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description Something that happened. */
        AuditRecord: {
            action: string;
            /** @description `client` (the user), `service:<name>`, `admin:<user id>`, `operator` or `itself`. */
            actor: string;
            detail: string | null;
            /** Format: uuid */
            id: string;
            network: string | null;
            /** Format: date-time */
            occurredAt: string;
            outcome: string;
            requestId: string | null;
            /** Format: uuid */
            userId: string | null;
        };
        /** @description `data` with audit records. */
        AuditRecordsData: {
            /** @description What to pass as `after` for the next page; null at the end. */
            next: string | null;
            records: components["schemas"]["AuditRecord"][];
        };
        /** @description `data` with the place where to sign in. */
        AuthorizationData: {
            /** @description At the provider; good for ten minutes. */
            authorizationUrl: string;
        };
        AuthorizationStarted: {
            /** @constant */
            code: "AUTHORIZATION_STARTED";
            data: components["schemas"]["AuthorizationData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of a code that was mailed. */
        CodeSentData: {
            /**
             * Format: int64
             * @description Seconds until the code expires.
             */
            expiresIn: number;
        };
        CodeVerified: {
            /** @constant */
            code: "CODE_VERIFIED";
            data: components["schemas"]["TempTokenData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of a change that waits for a second factor. */
        ConfirmationData: {
            /**
             * Format: int64
             * @description Seconds until the change is forgotten.
             */
            expiresIn: number;
            /** @description The one to confirm with. */
            method: components["schemas"]["TwoFactorMethod"];
        };
        ConfirmationRequired: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "TWOFA_REQUIRED";
            data: components["schemas"]["ConfirmationData"];
            /** @constant */
            statusCode: 206;
        };
        /** @description An identity of a provider as the backups service reads it. */
        CredentialIdentity: {
            /** Format: date-time */
            linkedAt: string;
            provider: string;
            subject: string;
        };
        CredentialsUpdateResult: components["schemas"]["CredentialsUpdated"] | components["schemas"]["ConfirmationRequired"];
        CredentialsUpdated: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "CREDENTIALS_UPDATED";
            data: components["schemas"]["UserData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of a deletion. */
        DeletionData: {
            /** Format: uuid */
            deletionId: string;
        };
        DeletionResult: components["schemas"]["UserDataDeleted"] | components["schemas"]["UserDeletionScheduled"];
        /** @description `data` of a deletion that can be undone. */
        DeletionScheduledData: {
            /**
             * Format: uuid
             * @description The id that the deletion will have.
             */
            deletionId: string;
            /**
             * Format: date-time
             * @description When the account is deleted.
             */
            restorableUntil: string;
        };
        EmailVerificationRequired: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "EMAIL_VERIFICATION_REQUIRED";
            data: components["schemas"]["TempTokenData"];
            /** @constant */
            statusCode: 206;
        };
        EmailVerified: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "EMAIL_VERIFIED";
            data: components["schemas"]["UserData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of a second factor that was set up. */
        EnabledData: {
            methods: components["schemas"]["SecondFactorMethod"][];
            /** @description With the first method: ten codes, shown this once. */
            recoveryCodes?: string[] | null;
        };
        /**
         * @example {
         *       "code": "VALIDATION_FAILED",
         *       "data": {
         *         "errors": [
         *           {
         *             "field": "/email",
         *             "message": "is required",
         *             "reason": "required"
         *           }
         *         ],
         *         "hint": "The request is invalid: `data.errors` lists every field that is wrong and the rule that it breaks.",
         *         "message": "Some of what you entered is missing or invalid. Check it and try again."
         *       },
         *       "statusCode": 400
         *     }
         */
        ErrorAnswer: {
            code: components["schemas"]["ErrorCode"];
            data: components["schemas"]["ErrorData"];
            statusCode: number;
        };
        /** @enum {string} */
        ErrorCode: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "USER_EXISTS" | "INVALID_CREDENTIALS" | "USER_ALREADY_LINKED" | "INVALID_PASSWORD" | "PASSWORDS_REQUIRED" | "EMAIL_REQUIRED" | "AUTH_CODE_REQUIRED" | "OAUTH_STATE_INVALID" | "OAUTH_CODE_INVALID" | "PROVIDER_UNAVAILABLE" | "INVALID_TARGET" | "SUBJECT_TOKEN_INVALID" | "IDENTITY_ALREADY_LINKED" | "PROVIDER_NOT_LINKED" | "LAST_WAY_IN" | "LAST_ADMIN" | "EMAIL_EXISTS" | "INVALID_EMAIL" | "USER_LINKED" | "CODE_NOT_SET" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED" | "TWOFA_ALREADY_ENABLED" | "TWOFA_ALREADY_PENDING" | "METHODS_NOT_ENABLED" | "NO_METHODS_FOUND" | "NO_PENDING_CREDENTIALS" | "REAUTHENTICATION_REQUIRED" | "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "WRONG_AUDIENCE" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "REFRESH_TOKEN_REQUIRED" | "REFRESH_TOKEN_INVALID" | "REFRESH_TOKEN_EXPIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED" | "INTERNAL_TOKEN_INVALID" | "INTERNAL_TOKEN_EXPIRED" | "CROSS_SITE_REQUEST" | "FORBIDDEN" | "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "INVITATION_INVALID" | "DOMAIN_NOT_ALLOWED" | "REGISTRATION_REFUSED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_DELETION_SCHEDULED" | "NEW_PASSWORD_REQUIRED" | "USER_NOT_FOUND" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "PAYLOAD_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "OVERLOADED" | "UNAVAILABLE" | "INTERNAL_SERVER_ERROR";
        ErrorData: {
            /** @description With `VALIDATION_FAILED`: every field that is wrong. */
            errors?: components["schemas"]["FieldError"][];
            /** @description With `USER_EXISTS` and `EMAIL_EXISTS`: the field that is taken, a JSON pointer. Not where accounts are concealed. */
            field?: string;
            /** @description What the code means and how to fix it, for developers. Absent with `INTERNAL_SERVER_ERROR`. */
            hint?: string;
            /** @description With `REAUTHENTICATION_REQUIRED`: how old a login may be, in seconds. */
            maxAge?: number;
            /** @description What happened and what to do next: a page may show it to its user. */
            message: string;
            /** @description With `INTERNAL_TOKEN_INVALID`, `INTERNAL_TOKEN_EXPIRED`, and `FORBIDDEN` to a service: what is wrong with its token. With `CROSS_SITE_REQUEST`: `origin_not_allowed`, `another_site`, `origin_missing` or `method_not_allowed`. */
            reason?: string;
            /** @description With `PASSWORD_POLICY`. */
            reasons?: ("TOO_SHORT" | "TOO_LONG" | "TOO_COMMON" | "SAME_AS_EMAIL" | "SAME_AS_USERNAME")[];
            /**
             * Format: date-time
             * @description With `ACCOUNT_DELETION_SCHEDULED`: when the account is deleted.
             */
            restorableUntil?: string;
            /** @description With `RATE_LIMITED`, `OVERLOADED` and `UNAVAILABLE`: seconds to wait, as in `Retry-After`. */
            retryAfter?: number;
            /** @description With `FORBIDDEN` to a service: the scope that it lacks. */
            scope?: string;
        };
        EventStatus: {
            /**
             * Format: int64
             * @description How many deliveries are not acknowledged, counted once for each service.
             */
            waiting: number;
            /** Format: date-time */
            waitingSince: string | null;
        };
        /** @description `data` of an export. */
        ExportData: {
            auditTrail: components["schemas"]["OwnAuditRecord"][];
            /** @description Whether that is all of it. */
            auditTrailComplete: boolean;
            /** Format: date-time */
            exportedAt: string;
            identities: components["schemas"]["CredentialIdentity"][];
            recoveryCodesLeft: number;
            request: components["schemas"]["ExportRequest"] | null;
            sessions: components["schemas"]["Session"][];
            twoFa: components["schemas"]["SecondFactorMethod"][];
            user: components["schemas"]["User"];
        };
        /** @description What other services were asked for. */
        ExportRequest: {
            /** Format: uuid */
            exportId: string;
            /** Format: date-time */
            requestedAt: string;
            /** @description Every service that takes part. */
            services: components["schemas"]["ServiceProgress"][];
            /**
             * Format: date-time
             * @description Until when services may upload.
             */
            until: string;
        };
        ExportRequested: {
            /** @constant */
            code: "EXPORT_REQUESTED";
            data: components["schemas"]["ExportRequest"];
            /** @constant */
            statusCode: 202;
        };
        Factor: {
            /** Format: date-time */
            enrolledAt: string | null;
            method: string;
            primary: boolean;
            status: string;
        };
        /** @description A mail that was given up. */
        FailedMail: {
            /** @description What the mail server last answered. */
            error: string;
            /** Format: date-time */
            failedAt: string;
            /** Format: uuid */
            id: string;
            kind: string;
            recipient: string;
        };
        FieldError: {
            /** @description A JSON pointer (RFC 6901). */
            field: string;
            /** @description The most characters or entries, or the greatest number. */
            max?: number;
            message: string;
            /** @description The fewest characters or entries, or the least number. */
            min?: number;
            /** @enum {string} */
            reason: "required" | "type" | "format" | "too_short" | "too_long" | "range" | "duplicate" | "unknown" | "not_allowed" | "incomplete";
        };
        IdTokenBody: {
            /** @description The id_token from the provider: for one of the configured client ids and at most an hour old. Can be used once. */
            idToken: string;
            /** @description An invitation, where one is required to register. */
            invitation?: string | null;
            /**
             * @description The nonce with which it was requested. The token contains it, or its SHA-256 in hexadecimal.
             * @example n-0S6_WzA2Mj
             */
            nonce: string;
            /** @description One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience. */
            resource?: string | null;
        };
        Invitation: {
            /** Format: date-time */
            createdAt: string;
            /** @description A service, `admin:` and the id of a user, or `auth-server`. */
            createdBy: string;
            /** @description Null: anyone may use it. */
            email: string | null;
            /** Format: date-time */
            expiresAt: string;
            /** Format: uuid */
            id: string;
            roles: string[];
            /** Format: int32 */
            uses: number;
            /** Format: int32 */
            usesLeft: number;
        };
        InvitationBody: {
            /** @description The only address that may use it. It is mailed there; that mail also proves the address. */
            email?: string | null;
            /**
             * Format: int64
             * @description Seconds until it expires: a week unless said, at most a year.
             */
            expiresIn?: number | null;
            /** @description The language of the mail (BCP 47). */
            locale?: string | null;
            /** @description What accounts get besides `user`. */
            roles?: string[] | null;
            /**
             * Format: int32
             * @description How many accounts it allows: 1 unless said.
             */
            uses?: number | null;
        };
        InvitationCreated: {
            /** @constant */
            code: "INVITATION_CREATED";
            data: components["schemas"]["InvitedData"];
            /** @constant */
            statusCode: 201;
        };
        InvitationWithdrawn: {
            /** @constant */
            code: "INVITATION_WITHDRAWN";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` with invitations. */
        InvitationsData: {
            invitations: components["schemas"]["Invitation"][];
            /**
             * Format: uuid
             * @description What to pass as `after` for those that come next; null when there are none.
             */
            next: string | null;
        };
        InvitationsFetched: {
            /** @constant */
            code: "INVITATIONS_FETCHED";
            data: components["schemas"]["InvitationsData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` with a new invitation. */
        InvitedData: {
            invitation: components["schemas"]["Invitation"];
            /**
             * @description What the invited person sends as `invitation`. It is shown only here.
             * @example inv1.AZrM…
             */
            token: string;
        };
        LoginBody: {
            /** @description An e-mail address or a username. One of `email` and `username` is required. */
            email?: string | null;
            password: string;
            /** @description One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience. */
            resource?: string | null;
            /** @description Keep an account that is to be deleted (`ACCOUNT_DELETION_SCHEDULED`). */
            restore?: boolean;
            /** @description An e-mail address or a username; read only where there is no `email`. */
            username?: string | null;
        };
        /** @description A body that names the code of a login. */
        LoginCodeBody: {
            /**
             * @description Six digits; white space does not matter.
             * @example 123456
             */
            otpCode: string;
            /** @description One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience. */
            resource?: string | null;
        };
        LoginResult: components["schemas"]["UserLoggedIn"] | components["schemas"]["TwofaRequired"] | components["schemas"]["EmailVerificationRequired"];
        LostPasswordBody: {
            /** @description The address of the account. */
            email: string;
        };
        MailStatus: {
            /**
             * Format: int64
             * @description How many were given up.
             */
            failed: number;
            /** @description Latest first, at most 100. */
            failedMails: components["schemas"]["FailedMail"][];
            /**
             * Format: int64
             * @description How many are neither sent nor given up.
             */
            waiting: number;
            /** @description The longest due first, at most 100. */
            waitingMails: components["schemas"]["WaitingMail"][];
            /**
             * Format: date-time
             * @description Since when the oldest of them has been waiting.
             */
            waitingSince: string | null;
        };
        ManagedDeletionResult: components["schemas"]["UserDataDeleted"] | components["schemas"]["UserDeletionScheduled"];
        /** @description A user as an administrator sees one. */
        ManagedUser: {
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description When the user is deleted, unless restored before.
             */
            deletionDueAt: string | null;
            email: string;
            emailVerified: boolean;
            hasPassword: boolean;
            /** Format: uuid */
            id: string;
            linkedProviders: string[];
            locale: string | null;
            /** @description Whether the password must be reset before the next login. */
            newPasswordRequired: boolean;
            pendingEmail: string | null;
            roles: string[];
            state: components["schemas"]["UserState"];
            /** Format: date-time */
            suspendedAt: string | null;
            twoFa: components["schemas"]["TwoFa"];
            /** Format: date-time */
            updatedAt: string;
            username: string | null;
        };
        /** @description `data` with a user whom an administrator has changed. */
        ManagedUserData: {
            user: components["schemas"]["ManagedUser"];
        };
        /** @description `data` with users. */
        ManagedUsersData: {
            /**
             * Format: uuid
             * @description What to pass as `after` for the next page; null at the end.
             */
            next: string | null;
            users: components["schemas"]["ManagedUser"][];
        };
        MethodBody: {
            method: components["schemas"]["TwoFactorMethod"];
        };
        MethodDisabled: {
            /** @constant */
            code: "METHOD_DISABLED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        MethodEnabled: {
            /** @constant */
            code: "METHOD_ENABLED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of the second factors. */
        MethodsData: {
            methods: components["schemas"]["SecondFactorMethod"][];
            recoveryCodesLeft: number;
        };
        MethodsFetched: {
            /** @constant */
            code: "METHODS_FETCHED";
            data: components["schemas"]["MethodsData"];
            /** @constant */
            statusCode: 200;
        };
        NewUserBody: {
            email: string;
            /** @description Whether the address is known to be the user's. */
            emailVerified?: boolean;
            /** @description The language of mails (BCP 47). */
            locale?: string | null;
            /** @description Without one, a mail says how to set it. */
            password?: string | null;
            /** @description `user` unless said. */
            roles?: string[] | null;
            username?: string | null;
        };
        /** @description A body that names a code. */
        OtpBody: {
            /**
             * @description Six digits; white space does not matter.
             * @example 123456
             */
            otpCode: string;
        };
        /** @description Something that happened to the account. */
        OwnAuditRecord: {
            /** @description Such as `password.changed`. */
            action: string;
            /** @description `client`, `admin`, `operator`, `itself`, or `service:` and its name. */
            actor: string;
            detail: string | null;
            /** Format: uuid */
            id: string;
            network: string | null;
            /** Format: date-time */
            occurredAt: string;
            outcome: string;
        };
        PasswordResetCodeSent: {
            /** @constant */
            code: "CODE_SENT";
            data: components["schemas"]["TempTokenData"];
            /** @constant */
            statusCode: 200;
        };
        PasswordResetResult: components["schemas"]["UserLoggedIn"] | components["schemas"]["TwofaRequired"];
        PrimaryMethodUpdated: {
            /** @constant */
            code: "PRIMARY_METHOD_UPDATED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        Provider: {
            /**
             * @description The name to show to users.
             * @example Google
             */
            displayName: string;
            /** @description Where to load the icon from: a URL, or a path on this host. Null if none is configured. */
            icon: string | null;
            /**
             * @description The name in paths such as `/auth/<name>/authorize`.
             * @example google
             */
            name: string;
            /** @description Whether `POST /auth/<name>/token` accepts its id_tokens. */
            takesIdTokens: boolean;
        };
        ProviderLinked: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "PROVIDER_LINKED";
            data: components["schemas"]["UserData"];
            /** @constant */
            statusCode: 200;
        };
        ProviderSignInResult: components["schemas"]["UserSignedIn"] | components["schemas"]["ProviderLinked"] | components["schemas"]["Reauthenticated"] | components["schemas"]["TwofaRequired"] | components["schemas"]["EmailVerificationRequired"];
        ProviderUnlinked: {
            /** @constant */
            code: "PROVIDER_UNLINKED";
            data: components["schemas"]["UserData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` with the configured providers. */
        ProvidersData: {
            providers: components["schemas"]["Provider"][];
        };
        ProvidersFetched: {
            /** @constant */
            code: "PROVIDERS_FETCHED";
            data: components["schemas"]["ProvidersData"];
            /** @constant */
            statusCode: 200;
        };
        ReauthenticateBody: {
            /** @description Left out by a user without one: then a second factor, or a code to the verified address, takes its place. */
            password?: string | null;
        };
        Reauthenticated: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "REAUTHENTICATED";
            data: components["schemas"]["ReauthenticatedData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of a reauthentication. */
        ReauthenticatedData: {
            tokens: components["schemas"]["AccessTokenOnly"];
        };
        ReauthenticationResult: components["schemas"]["Reauthenticated"] | components["schemas"]["TwofaRequired"];
        RecoveryCodeBody: {
            /** @description Case, spaces and dashes do not matter. */
            recoveryCode: string;
            /** @description One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience. */
            resource?: string | null;
        };
        RecoveryCodesCreated: {
            /** @constant */
            code: "RECOVERY_CODES_CREATED";
            data: components["schemas"]["RecoveryCodesData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of new recovery codes, shown this once. */
        RecoveryCodesData: {
            recoveryCodes: string[];
        };
        /** @description A body that names a refresh token, and for whom the access token is to be. */
        RefreshBody: {
            /**
             * @description For whom the access token is to be (RFC 8707): one of `AUTH_AUDIENCES`; without it, the default audience, whatever was
             *     asked for before.
             */
            resource?: string | null;
            /** @description The refresh token. Where a cookie brings it, it may be left out here, and so may the body. */
            token?: string | null;
        };
        /** @description A body that names a refresh token. */
        RefreshTokenBody: {
            /** @description The refresh token. Where a cookie brings it, it may be left out here, and so may the body. */
            token?: string | null;
        };
        RegisterBody: {
            /** @description Where it is there, it must be the same. */
            confirmPassword?: string | null;
            /** @description At most 254 characters; unique without case. */
            email: string;
            /** @description An invitation, where one is required. */
            invitation?: string | null;
            /** @description The language of mails (BCP 47), such as `fr` or `pt-BR`. Without it, the best of `Accept-Language`. */
            locale?: string | null;
            /** @description 8–128 characters, not among the 100,000 most common, not the e-mail address or username. */
            password: string;
            /** @description 3–32 of letters, digits, `_`, `.`, `-`; unique without case. */
            username?: string | null;
        };
        /** @description `data` of a registration. The token is there where an address must be verified before the first login. */
        RegisteredData: {
            /**
             * Format: int64
             * @description Seconds until the token expires.
             */
            expiresIn?: number;
            /** @description For `/auth/verify-email`. */
            tempToken?: string;
            user: components["schemas"]["User"];
        };
        ResendResult: components["schemas"]["VerificationCodeSent"] | components["schemas"]["EmailVerified"];
        /** @description `data` of a code that was sent again. */
        ResentData: {
            /**
             * Format: int64
             * @description Seconds until the code, and the token, expire.
             */
            expiresIn: number;
            /** @description A fresh one, where the caller bore a temp token. */
            tempToken?: string;
        };
        RetiredMasterKey: {
            id: string;
            /** Format: date-time */
            retiredAt: string;
        };
        RolesChangeBody: {
            add?: string[];
            remove?: string[];
        };
        ScanQr: {
            /** @constant */
            code: "SCAN_QR";
            data: components["schemas"]["ScanQrData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` of an app that is being set up. Shown this once. */
        ScanQrData: {
            /**
             * Format: int64
             * @description Seconds until the setup is forgotten.
             */
            expiresIn: number;
            /** @description To open on the device that has the app. */
            otpauthUri: string;
            /** @description To scan: a `data:` URI of an SVG. */
            qrCode: string;
            /** @description Base32, to type. */
            secret: string;
        };
        /** @description `data` of a login that waits for its second factor. */
        SecondFactorData: {
            /**
             * Format: int64
             * @description Seconds until it expires.
             */
            expiresIn: number;
            /** @description Any of these may finish the login. */
            methods: components["schemas"]["TwoFactorMethod"][];
            /** @description The one to offer first. If it is `email`, the code has been mailed. */
            primary: components["schemas"]["TwoFactorMethod"];
            /** @description For `/2fa/…/verify-login`. There unless a cookie alone carries it. */
            tempToken?: string;
        };
        SecondFactorMethod: {
            /**
             * Format: date-time
             * @description Null while its first setup is pending.
             */
            enrolledAt: string | null;
            method: components["schemas"]["TwoFactorMethod"];
            /** @description Whether it is offered first. */
            primary: boolean;
            status: components["schemas"]["SecondFactorStatus"];
        };
        SecondFactorResult: components["schemas"]["UserLoggedIn"] | components["schemas"]["Reauthenticated"];
        /**
         * @description A method that is disabled stays enrolled, and can be enabled again.
         * @enum {string}
         */
        SecondFactorStatus: "pending" | "enabled" | "disabled";
        ServiceProgress: {
            /**
             * Format: date-time
             * @description Null until it has acknowledged.
             */
            acknowledgedAt: string | null;
            service: string;
        };
        /** @description A session as its owner sees it. */
        Session: {
            /** Format: date-time */
            createdAt: string;
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** Format: date-time */
            expiresAt: string;
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            lastRefreshedAt: string;
            /** @description The IPv4 /24 or IPv6 /64 that refreshed it last. */
            network: string;
            userAgent: string;
        };
        SessionRevoked: {
            /** @constant */
            code: "SESSION_REVOKED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` with sessions. */
        SessionsData: {
            sessions: components["schemas"]["Session"][];
        };
        SessionsEnded: {
            /** @constant */
            code: "SESSIONS_ENDED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        SessionsFetched: {
            /** @constant */
            code: "SESSIONS_FETCHED";
            data: components["schemas"]["SessionsData"];
            /** @constant */
            statusCode: 200;
        };
        SetupCancelled: {
            /** @constant */
            code: "SETUP_CANCELLED";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        SigningKeyStatus: {
            /** Format: date-time */
            activeFrom: string;
            /** @description Its `kid`. */
            id: string;
            state: string;
        };
        /** @description `data` with the state of the service. */
        StatusData: {
            /** Format: date-time */
            at: string;
            /**
             * @description What deserves attention, the most urgent first: `worker_failing`, `file_damaged`, `mails_late`, `mails_failed`,
             *     `events_late`, `no_signing_key`, `signing_key_old`, `restore_never_verified` or `restore_old`.
             */
            concerns: string[];
            events: components["schemas"]["EventStatus"];
            /** @description What the last check of the file of an embedded database found. */
            file: string;
            /**
             * Format: date-time
             * @description When `auth-server restore --drill` last succeeded.
             */
            lastVerifiedRestoreAt: string | null;
            mails: components["schemas"]["MailStatus"];
            /** @description Master keys of which a part is kept for accounts that depend on it. */
            retiredMasterKeys: components["schemas"]["RetiredMasterKey"][];
            /** @description Those that are published, oldest first. */
            signingKeys: components["schemas"]["SigningKeyStatus"][];
            /** @description The background workers of the node that answers. */
            workers: components["schemas"]["WorkerStatus"][];
        };
        StatusFetched: {
            /** @constant */
            code: "STATUS_FETCHED";
            data: components["schemas"]["StatusData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description `data` with the token of a pending step. */
        TempTokenData: {
            /**
             * Format: int64
             * @description Seconds until it expires.
             */
            expiresIn: number;
            /** @description There unless a cookie alone carries it. */
            tempToken?: string;
        };
        TokenRefreshed: {
            /** @constant */
            code: "TOKEN_REFRESHED";
            data: components["schemas"]["TokensData"];
            /** @constant */
            statusCode: 200;
        };
        TokenSignInResult: components["schemas"]["UserSignedIn"] | components["schemas"]["TwofaRequired"] | components["schemas"]["EmailVerificationRequired"];
        /**
         * @description The kind of an access token (RFC 6750).
         * @enum {string}
         */
        TokenType: "Bearer";
        /** @description The pair of tokens of a session. Both are there unless cookies alone carry them. */
        Tokens: {
            accessToken?: string;
            /**
             * Format: int64
             * @description Seconds until the access token expires.
             */
            expiresIn: number;
            /**
             * Format: int64
             * @description Seconds until the refresh token expires unless it is used before.
             */
            refreshExpiresIn: number;
            refreshToken?: string;
            tokenType: components["schemas"]["TokenType"];
        };
        /** @description `data` of a login. */
        TokensAndUser: {
            tokens: components["schemas"]["Tokens"];
            user: components["schemas"]["User"];
        };
        /** @description `data` with tokens. */
        TokensData: {
            tokens: components["schemas"]["Tokens"];
        };
        TwoFa: {
            enabled: boolean;
            primary: components["schemas"]["TwoFactorMethod"] | null;
        };
        TwoFactorCodeSent: {
            /** @constant */
            code: "CODE_SENT";
            data: components["schemas"]["CodeSentData"];
            /** @constant */
            statusCode: 200;
        };
        /**
         * @description A way to prove a second factor. A recovery code takes the place of either.
         * @enum {string}
         */
        TwoFactorMethod: "app" | "email";
        TwofaEnabled: {
            /** @constant */
            code: "TWOFA_ENABLED";
            data: components["schemas"]["EnabledData"];
            /** @constant */
            statusCode: 200;
        };
        TwofaRequired: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "TWOFA_REQUIRED";
            data: components["schemas"]["SecondFactorData"];
            /** @constant */
            statusCode: 206;
        };
        /** @description An address, or all three passwords, or both; and, or alone, a language, which needs nothing else. */
        UpdateCredentialsBody: {
            /** @description The same again. */
            confirmPassword?: string | null;
            /**
             * @description The new address. It replaces an address that was never verified at once. It replaces a verified one when
             *     `/auth/verify-email` verifies it; until then it is the user's `pendingEmail`.
             */
            email?: string | null;
            /** @description The language of mails (BCP 47); null to prefer none. */
            locale?: string | null;
            /** @description The new one; as for `/auth/register`. */
            newPassword?: string | null;
            /** @description The current password. */
            oldPassword?: string | null;
        };
        UpdatePasswordBody: {
            /** @description The same again. */
            confirmPassword: string;
            /** @description As for `/auth/register`. */
            password: string;
            /** @description One of `AUTH_AUDIENCES` (RFC 8707): for whom the access token is. Without it, the default audience. */
            resource?: string | null;
        };
        /** @description A user as the API shows one. */
        User: {
            /** Format: date-time */
            createdAt: string;
            email: string;
            emailVerified: boolean;
            hasPassword: boolean;
            /** Format: uuid */
            id: string;
            linkedProviders: string[];
            /** @description The language that the user prefers (BCP 47). */
            locale: string | null;
            /** @description The address that replaces `email` once it is verified. */
            pendingEmail: string | null;
            roles: string[];
            twoFa: components["schemas"]["TwoFa"];
            username: string | null;
        };
        UserCreated: {
            /** @constant */
            code: "USER_CREATED";
            data: components["schemas"]["ManagedUserData"];
            /** @constant */
            statusCode: 201;
        };
        /** @description `data` with a user. */
        UserData: {
            user: components["schemas"]["User"];
        };
        UserDataDeleted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "USER_DATA_DELETED";
            data: components["schemas"]["DeletionData"];
            /** @constant */
            statusCode: 200;
        };
        UserDataExported: {
            /** @constant */
            code: "USER_DATA_EXPORTED";
            data: components["schemas"]["ExportData"];
            /** @constant */
            statusCode: 200;
        };
        UserDeletionScheduled: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "USER_DELETION_SCHEDULED";
            data: components["schemas"]["DeletionScheduledData"];
            /** @constant */
            statusCode: 202;
        };
        /** @description `data` with all that is known of a user. */
        UserDetailsData: {
            factors: components["schemas"]["Factor"][];
            identities: components["schemas"]["UserIdentity"][];
            /** @description Records `session.opened`, newest first, at most 20. */
            logins: components["schemas"]["AuditRecord"][];
            recoveryCodesLeft: number;
            sessions: components["schemas"]["Session"][];
            user: components["schemas"]["ManagedUser"];
        };
        UserDetailsFetched: {
            /** @constant */
            code: "USER_FETCHED";
            data: components["schemas"]["UserDetailsData"];
            /** @constant */
            statusCode: 200;
        };
        UserEmailBody: {
            email: string;
            /** @description Whether it is known to be the user's. Must be true if the current address is verified. */
            verified?: boolean;
        };
        UserFetched: {
            /** @constant */
            code: "USER_FETCHED";
            data: components["schemas"]["UserData"];
            /** @constant */
            statusCode: 200;
        };
        UserIdentity: {
            /** Format: date-time */
            linkedAt: string;
            provider: string;
            subject: string;
        };
        UserLoggedIn: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "USER_LOGGED_IN";
            data: components["schemas"]["TokensAndUser"];
            /** @constant */
            statusCode: 200;
        };
        UserLoggedOut: {
            /** @constant */
            code: "USER_LOGGED_OUT";
            data: Record<string, never>;
            /** @constant */
            statusCode: 200;
        };
        UserRegistered: {
            /** @constant */
            code: "USER_REGISTERED";
            data: components["schemas"]["RegisteredData"];
            /** @constant */
            statusCode: 201;
        };
        UserSignedIn: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "USER_LOGGED_IN" | "USER_REGISTERED";
            data: components["schemas"]["TokensAndUser"];
            /** @enum {integer} */
            statusCode: 200 | 201;
        };
        /**
         * @description Whether a user can log in.
         * @enum {string}
         */
        UserState: "active" | "suspended" | "deletion_scheduled";
        UserUpdated: {
            /** @constant */
            code: "USER_UPDATED";
            data: components["schemas"]["ManagedUserData"];
            /** @constant */
            statusCode: 200;
        };
        UsersFetched: {
            /** @constant */
            code: "USERS_FETCHED";
            data: components["schemas"]["ManagedUsersData"];
            /** @constant */
            statusCode: 200;
        };
        VerificationCodeSent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "CODE_SENT";
            data: components["schemas"]["ResentData"];
            /** @constant */
            statusCode: 200;
        };
        /** @description A mail that is neither sent nor given up. */
        WaitingMail: {
            /** Format: int32 */
            attempts: number;
            /** @description What the mail server last answered; null before an attempt has failed. */
            error: string | null;
            /** Format: uuid */
            id: string;
            kind: string;
            /** Format: date-time */
            nextAttemptAt: string;
            recipient: string;
        };
        WorkerStatus: {
            /** @description Whether it waits to be started again, or failed within the last minute. */
            failing: boolean;
            /**
             * Format: int64
             * @description How often it panicked or failed since this node started.
             */
            failures: number;
            name: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

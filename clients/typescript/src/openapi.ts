// Made from docs/openapi.json by `npm run generate`; do not edit.

export interface paths {
    "/2fa/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The second factors of the user. */
        get: operations["get_2fa_"];
        put?: never;
        post?: never;
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
        /** Begin to set up an authenticator app. */
        post: operations["post_2fa_app_setup"];
        /** Give up the set-up of an authenticator app that is pending. */
        delete: operations["delete_2fa_app_setup"];
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
        /** Finish a login with a code of the app. */
        post: operations["post_2fa_app_verify-login"];
        delete?: never;
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
        /** Prove the set-up by its first code, which enables the method. */
        post: operations["post_2fa_app_verify-setup"];
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
        /** Ask for a method no more; it stays enrolled. */
        post: operations["post_2fa_disable"];
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
        /** Mail the code of this login. Done by itself where codes by mail are primary. */
        post: operations["post_2fa_email_send-login"];
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
        /** Begin to set up codes by mail: mails the first. */
        post: operations["post_2fa_email_setup"];
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
        /** Finish a login with the code that was mailed for it. */
        post: operations["post_2fa_email_verify-login"];
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
        /** Prove the set-up by its first code, which enables the method. */
        post: operations["post_2fa_email_verify-setup"];
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
        /** Ask for an enrolled method at login. */
        post: operations["post_2fa_enable"];
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
        /** Offer an enabled method first. */
        post: operations["post_2fa_primary"];
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
        /** Ten new recovery codes; those before are void. */
        post: operations["post_2fa_recovery_regenerate"];
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
        /** Finish a login with a recovery code. */
        post: operations["post_2fa_recovery_verify-login"];
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
        /** Delete this user with all sessions. Final, at once. */
        delete: operations["delete_auth_delete"];
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
        /** Where the provider sends browsers back to: logs in, registers, or links an identity. */
        get: operations["get_auth_google"];
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
        /** Sign in there: redirects a browser, tells any other client where to go. */
        get: operations["get_auth_google_authorize"];
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
        /** Link the identity that signs in there to this user. Whoever comes back must be this browser, or bear an access token of this session. */
        post: operations["post_auth_google_link"];
        /** Unlink the identity there from this user, and end every other session. */
        delete: operations["delete_auth_google_link"];
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
        /** Sign in with an id_token that a native app, or a page with One Tap, got there. */
        post: operations["post_auth_google_token"];
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
        /** Log in by password: opens a session. */
        post: operations["post_auth_login"];
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
        /** End a session by any refresh token that it ever had. An access token beside it must be of the same session; one that has expired does not matter. */
        post: operations["post_auth_logout"];
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
        /** End every session of this user, this one too. */
        post: operations["post_auth_logout-all"];
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
        /** Mail a code to set a new password with. The token is for `/auth/verify-code`. */
        post: operations["post_auth_lost-password"];
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
        /** The user that is logged in. */
        get: operations["get_auth_me"];
        put?: never;
        post?: never;
        delete?: never;
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
        /** The identity providers that one can sign in with, for the buttons of a page. */
        get: operations["get_auth_providers"];
        put?: never;
        post?: never;
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
        /** Prove again who is behind this session (RFC 9470): answers an access token of a fresh login. */
        post: operations["post_auth_reauthenticate"];
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
        /** Exchange a refresh token for its successor and a new access token. */
        post: operations["post_auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Register a new user, and mail a code that proves the address. Opens no session: log in afterwards. */
        post: operations["post_auth_register"];
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
        /** The user's live sessions, the newest first, at most 100. */
        get: operations["get_auth_sessions"];
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
        /** End one of the user's own sessions. */
        delete: operations["delete_auth_sessions__session_id_"];
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
        /** Change the e-mail address, the password, or both. A change of password ends every other session. */
        post: operations["post_auth_update-credentials"];
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
        /** Set the new password: ends every session and opens a new one. */
        post: operations["post_auth_update-password"];
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
        /** Exchange the mailed code for a token that may set the password. */
        post: operations["post_auth_verify-code"];
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
        /** Prove the e-mail address with the code that was mailed to it. */
        post: operations["post_auth_verify-email"];
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
        /** Mail another code, which replaces the one before. For an address that is proved already there is none: `EMAIL_VERIFIED`. */
        post: operations["post_auth_verify-email_resend"];
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
        /** Confirm the change of credentials that this session asked for with a second factor. */
        post: operations["post_auth_verify-update-credentials"];
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
        /** @description The access token of a session whose owner proved again who they are; its refresh token stays as it is. */
        AccessTokenOnly: {
            accessToken?: string;
            /**
             * Format: int64
             * @description Seconds until the access token expires.
             */
            expiresIn: number;
            tokenType: string;
        };
        /** @description `data` with the place where to sign in. */
        AuthorizationData: {
            /** @description At the provider; good for ten minutes. */
            authorizationUrl: string;
        };
        /**
         * @description `data` of coming back: a login; or, without tokens, the user whom an identity is linked to now; or, without a user, the
         *     access token of somebody who proved again who they are.
         */
        CameBackData: {
            tokens?: components["schemas"]["LoginFinishedTokens"] | null;
            user?: components["schemas"]["User"] | null;
        };
        /** @description `data` of a code that was mailed. */
        CodeSentData: {
            /**
             * Format: int64
             * @description Seconds until the code expires.
             */
            expiresIn: number;
        };
        /** @description `data` of a change that waits for a second factor. */
        ConfirmationData: {
            /**
             * Format: int64
             * @description Seconds until the change is forgotten.
             */
            expiresIn: number;
            /** @description Which one: `app` or `email`. */
            method: string;
        };
        /** @description `data` of a deletion. */
        DeletionData: {
            /** Format: uuid */
            deletionId: string;
        };
        /** @description `data` of a second factor that was set up. */
        EnabledData: {
            methods: components["schemas"]["SecondFactorMethod"][];
            /** @description With the first method: ten codes, shown this once. */
            recoveryCodes?: string[] | null;
        };
        ErrorData: {
            /** @description With `VALIDATION_FAILED`. */
            errors?: components["schemas"]["FieldError"][];
            /** @description With `USER_EXISTS` and `EMAIL_EXISTS`: the field that is taken, a JSON pointer. Not where accounts are concealed. */
            field?: string;
            /** @description With `REAUTHENTICATION_REQUIRED`: seconds since the login. */
            maxAge?: number;
            /** @description What the code means, for people. */
            message: string;
            /** @description With `INTERNAL_TOKEN_INVALID`, `INTERNAL_TOKEN_EXPIRED`, and `FORBIDDEN` to a service: what is wrong with its token. */
            reason?: string;
            /** @description With `PASSWORD_POLICY`. */
            reasons?: string[];
            /** @description Seconds, as in `Retry-After`. */
            retryAfter?: number;
            /** @description With `FORBIDDEN` to a service: the scope that it lacks. */
            scope?: string;
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
            /**
             * @description What the provider gave the app or the page: an id_token for one of the configured client ids, at most an hour old.
             *     Good once.
             */
            idToken: string;
            /**
             * @description What it was asked for with. The token has it, or its SHA-256 in hexadecimal.
             * @example n-0S6_WzA2Mj
             */
            nonce: string;
        };
        LoginBody: {
            /**
             * @description An e-mail address or a username. One of `email` and `username` is required.
             * @example ann@example.org
             */
            email?: string | null;
            /** @example correct horse battery staple */
            password: string;
            /** @description An e-mail address or a username; read only where there is no `email`. */
            username?: string | null;
        };
        /** @description `data` of a login. */
        LoginData: {
            tokens: components["schemas"]["Tokens"];
            user: components["schemas"]["User"];
        };
        /** @description `data` of a step that finished a login; without a user, of one that proved again who is behind a session. */
        LoginFinishedData: {
            tokens: components["schemas"]["LoginFinishedTokens"];
            user?: components["schemas"]["User"] | null;
        };
        /** @description The tokens of a login, or of a reauthentication, which has no refresh token. */
        LoginFinishedTokens: {
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
            refreshExpiresIn?: number | null;
            refreshToken?: string;
            tokenType: string;
        };
        /** @description `data` of a login that is not finished: with `methods` and `primary` where it waits for a second factor. */
        LoginPendingData: {
            /**
             * Format: int64
             * @description Seconds until it expires.
             */
            expiresIn: number;
            /** @description Any of these may finish the login. */
            methods?: string[] | null;
            primary?: string | null;
            /** @description For the next step. There unless a cookie alone carries it. */
            tempToken?: string;
        };
        LostPasswordBody: {
            /**
             * @description The address of the account.
             * @example ann@example.org
             */
            email: string;
        };
        MethodBody: {
            /**
             * @description `app` or `email`.
             * @example app
             */
            method: string;
        };
        /** @description `data` of the second factors. */
        MethodsData: {
            methods: components["schemas"]["SecondFactorMethod"][];
            recoveryCodesLeft: number;
        };
        /** @description A body that names a code. */
        OtpBody: {
            /**
             * @description Six digits; white space does not matter.
             * @example 123456
             */
            otpCode: string;
        };
        ProviderView: {
            /**
             * @description For people.
             * @example Google
             */
            displayName: string;
            /** @description What an image may show: a URL, or a path of this host. Null where none is set. */
            icon: string | null;
            /**
             * @description As in `/auth/<name>/authorize`.
             * @example google
             */
            name: string;
            /** @description Whether `POST /auth/<name>/token` takes its id_tokens. */
            takesIdTokens: boolean;
        };
        /** @description `data` with the providers that are configured. */
        ProvidersData: {
            providers: components["schemas"]["ProviderView"][];
        };
        ReauthenticateBody: {
            /**
             * @description Left out by a user without one: then a second factor, or a code to the proved address, takes its place.
             * @example correct horse battery staple
             */
            password?: string | null;
        };
        /** @description `data` of a reauthentication. */
        ReauthenticatedData: {
            tokens: components["schemas"]["AccessTokenOnly"];
        };
        RecoveryCodeBody: {
            /**
             * @description Case, spaces and dashes do not matter.
             * @example abcde-fghjk
             */
            recoveryCode: string;
        };
        /** @description `data` of new recovery codes, shown this once. */
        RecoveryCodesData: {
            recoveryCodes: string[];
        };
        /** @description A body that names a refresh token. */
        RefreshTokenBody: {
            /**
             * @description The refresh token. Where a cookie brings it, it may be left out here, and so may the body.
             * @example rt1.…
             */
            token?: string | null;
        };
        RegisterBody: {
            /** @description Where it is there, it must be the same. */
            confirmPassword?: string | null;
            /**
             * @description At most 254 characters; unique without case.
             * @example ann@example.org
             */
            email: string;
            /**
             * @description 8–128 characters, not among the 100 000 commonest, not the e-mail address or username.
             * @example correct horse battery staple
             */
            password: string;
            /**
             * @description 3–32 of letters, digits, `_`, `.`, `-`; unique without case.
             * @example ann
             */
            username?: string | null;
        };
        /** @description `data` of a registration. The token is there where an address must be proved before the first login. */
        RegisteredData: {
            /**
             * Format: int64
             * @description Seconds until the token expires.
             */
            expiresIn?: number | null;
            /** @description For `/auth/verify-email`. */
            tempToken?: string | null;
            user: components["schemas"]["User"];
        };
        /** @description `data` of a wish for another code: a user whose address is proved already needs none. */
        ResendData: components["schemas"]["ResentData"] | components["schemas"]["UserData"];
        /** @description `data` of a code that was sent again. */
        ResentData: {
            /**
             * Format: int64
             * @description Seconds until the code, and the token, expire.
             */
            expiresIn: number;
            /** @description A fresh one, where the caller bore a temp token. */
            tempToken?: string | null;
        };
        /** @description `data` of an app that is being set up. Shown this once. */
        ScanQrData: {
            /**
             * Format: int64
             * @description Seconds until the set-up is forgotten.
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
            methods: string[];
            primary: string;
            /** @description For `/2fa/…/verify-login`. There unless a cookie alone carries it. */
            tempToken?: string;
        };
        SecondFactorMethod: {
            /**
             * Format: date-time
             * @description Null while its first set-up is pending.
             */
            enrolledAt: string | null;
            method: string;
            /** @description Whether it is offered first. */
            primary: boolean;
            status: string;
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
        /** @description `data` with sessions. */
        SessionsData: {
            sessions: components["schemas"]["Session"][];
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
            tokenType: string;
        };
        /** @description `data` with tokens. */
        TokensData: {
            tokens: components["schemas"]["Tokens"];
        };
        TwoFa: {
            enabled: boolean;
            primary: string | null;
        };
        /** @description An address, or all three passwords, or both. */
        UpdateCredentialsBody: {
            /** @description The same again. */
            confirmPassword?: string | null;
            /**
             * @description The new address. It replaces one that was never proved at once; a proved one when `/auth/verify-email` proves it,
             *     and until then it is the user's `pendingEmail`.
             * @example ann@example.net
             */
            email?: string | null;
            /** @description The new one; as for `/auth/register`. */
            newPassword?: string | null;
            /** @description The present password. */
            oldPassword?: string | null;
        };
        UpdatePasswordBody: {
            /**
             * @description The same again.
             * @example another correct horse
             */
            confirmPassword: string;
            /**
             * @description As for `/auth/register`.
             * @example another correct horse
             */
            password: string;
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
            /** @description The address that replaces `email` once it is proved. */
            pendingEmail: string | null;
            roles: string[];
            twoFa: components["schemas"]["TwoFa"];
            username: string | null;
        };
        /** @description `data` with a user. */
        UserData: {
            user: components["schemas"]["User"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_2fa_: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "METHODS_FETCHED";
                        data: components["schemas"]["MethodsData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "NO_METHODS_FOUND";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_app_setup: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "SCAN_QR";
                        data: components["schemas"]["ScanQrData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_ALREADY_ENABLED" | "TWOFA_ALREADY_PENDING";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    delete_2fa_app_setup: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "SETUP_CANCELLED";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_app_verify-login": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN" | "REAUTHENTICATED";
                        data: components["schemas"]["LoginFinishedData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_app_verify-setup": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_ENABLED";
                        data: components["schemas"]["EnabledData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_disable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MethodBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "METHOD_DISABLED";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_email_send-login": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "CODE_SENT";
                        data: components["schemas"]["CodeSentData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_email_setup: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "CODE_SENT";
                        data: components["schemas"]["CodeSentData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_ALREADY_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_email_verify-login": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN" | "REAUTHENTICATED";
                        data: components["schemas"]["LoginFinishedData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_email_verify-setup": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_ENABLED";
                        data: components["schemas"]["EnabledData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_ALREADY_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_enable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MethodBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "METHOD_ENABLED";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_primary: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MethodBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PRIMARY_METHOD_UPDATED";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "METHODS_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_2fa_recovery_regenerate: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "RECOVERY_CODES_CREATED";
                        data: components["schemas"]["RecoveryCodesData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "METHODS_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_2fa_recovery_verify-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecoveryCodeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN" | "REAUTHENTICATED";
                        data: components["schemas"]["LoginFinishedData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    delete_auth_delete: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_DATA_DELETED";
                        data: components["schemas"]["DeletionData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    get_auth_google: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN" | "PROVIDER_LINKED" | "REAUTHENTICATED";
                        data: components["schemas"]["CameBackData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_REGISTERED";
                        data: components["schemas"]["LoginData"];
                        /** @constant */
                        statusCode: 201;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED" | "EMAIL_VERIFICATION_REQUIRED";
                        data: components["schemas"]["LoginPendingData"];
                        /** @constant */
                        statusCode: 206;
                    };
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
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "EMAIL_REQUIRED" | "AUTH_CODE_REQUIRED" | "OAUTH_STATE_INVALID" | "OAUTH_CODE_INVALID" | "IDENTITY_ALREADY_LINKED" | "EMAIL_EXISTS";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_NOT_LINKED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 502;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    get_auth_google_authorize: {
        parameters: {
            query?: {
                /** @description Where the browser ends, with the tokens in cookies: a URL of this service or of an allowed origin. A sign-in that failed ends there with `error=<CODE>`, one that wants more with `pending=<CODE>`. Needs `AUTH_COOKIES=on`. */
                redirect?: string;
                /** @description `true`: prove again who is behind the session of the access token, or of its cookie, that comes along. Whoever comes back must be this browser, or bear an access token of that session. With the cookie the browser must come from a page of this service or of an allowed origin. */
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
                    "application/json": {
                        /** @enum {string} */
                        code: "AUTHORIZATION_STARTED";
                        data: components["schemas"]["AuthorizationData"];
                        /** @constant */
                        statusCode: 200;
                    };
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
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "NOT_FOUND";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 502;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_google_link: {
        parameters: {
            query?: {
                /** @description Where the browser ends, with the tokens in cookies: a URL of this service or of an allowed origin. A sign-in that failed ends there with `error=<CODE>`, one that wants more with `pending=<CODE>`. Needs `AUTH_COOKIES=on`. */
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
                    "application/json": {
                        /** @enum {string} */
                        code: "AUTHORIZATION_STARTED";
                        data: components["schemas"]["AuthorizationData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "NOT_FOUND";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 502;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    delete_auth_google_link: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_UNLINKED";
                        data: components["schemas"]["UserData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "LAST_WAY_IN";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_NOT_LINKED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_google_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdTokenBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN";
                        data: components["schemas"]["LoginData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_REGISTERED";
                        data: components["schemas"]["LoginData"];
                        /** @constant */
                        statusCode: 201;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED" | "EMAIL_VERIFICATION_REQUIRED";
                        data: components["schemas"]["LoginPendingData"];
                        /** @constant */
                        statusCode: 206;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "EMAIL_REQUIRED" | "OAUTH_CODE_INVALID" | "EMAIL_EXISTS";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "NOT_FOUND";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDER_UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 502;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN";
                        data: components["schemas"]["LoginData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED" | "EMAIL_VERIFICATION_REQUIRED";
                        data: components["schemas"]["LoginPendingData"];
                        /** @constant */
                        statusCode: 206;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "INVALID_CREDENTIALS" | "USER_ALREADY_LINKED" | "INVALID_PASSWORD";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshTokenBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_OUT";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "ACCESS_TOKEN_INVALID" | "UNAUTHORIZED" | "REFRESH_TOKEN_REQUIRED" | "REFRESH_TOKEN_INVALID";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_logout-all": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_OUT";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_lost-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LostPasswordBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CODE_SENT";
                        data: components["schemas"]["TempTokenData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "INVALID_EMAIL" | "USER_LINKED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    get_auth_me: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_FETCHED";
                        data: components["schemas"]["UserData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    get_auth_providers: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "PROVIDERS_FETCHED";
                        data: components["schemas"]["ProvidersData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
        };
    };
    post_auth_reauthenticate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReauthenticateBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATED";
                        data: components["schemas"]["ReauthenticatedData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED";
                        data: components["schemas"]["SecondFactorData"];
                        /** @constant */
                        statusCode: 206;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "INVALID_PASSWORD" | "USER_LINKED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshTokenBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REFRESHED";
                        data: components["schemas"]["TokensData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REFRESH_TOKEN_REQUIRED" | "REFRESH_TOKEN_INVALID" | "REFRESH_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    post_auth_register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_REGISTERED";
                        data: components["schemas"]["RegisteredData"];
                        /** @constant */
                        statusCode: 201;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "USER_EXISTS";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    get_auth_sessions: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "SESSIONS_FETCHED";
                        data: components["schemas"]["SessionsData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    delete_auth_sessions__session_id_: {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "SESSION_REVOKED";
                        data: Record<string, never>;
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "NOT_FOUND";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 404;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_update-credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCredentialsBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CREDENTIALS_UPDATED";
                        data: components["schemas"]["UserData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED";
                        data: components["schemas"]["ConfirmationData"];
                        /** @constant */
                        statusCode: 206;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "INVALID_PASSWORD" | "PASSWORDS_REQUIRED" | "EMAIL_EXISTS";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "REAUTHENTICATION_REQUIRED" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_update-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePasswordBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "USER_LOGGED_IN";
                        data: components["schemas"]["LoginData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TWOFA_REQUIRED";
                        data: components["schemas"]["SecondFactorData"];
                        /** @constant */
                        statusCode: 206;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "UNMATCHED_PASSWORDS" | "PASSWORD_POLICY" | "USER_LINKED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OVERLOADED" | "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_verify-code": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "CODE_VERIFIED";
                        data: components["schemas"]["TempTokenData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "CODE_NOT_SET";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_verify-email": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "EMAIL_VERIFIED";
                        data: components["schemas"]["UserData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "EMAIL_EXISTS" | "CODE_NOT_SET";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_verify-email_resend": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "CODE_SENT" | "EMAIL_VERIFIED";
                        data: components["schemas"]["ResendData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED" | "TEMP_TOKEN_INVALID" | "TEMP_TOKEN_EXPIRED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
    "post_auth_verify-update-credentials": {
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
                    "application/json": {
                        /** @enum {string} */
                        code: "CREDENTIALS_UPDATED";
                        data: components["schemas"]["UserData"];
                        /** @constant */
                        statusCode: 200;
                    };
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "VALIDATION_FAILED" | "EMAIL_EXISTS" | "TWOFA_NOT_SET" | "TWOFA_NOT_ENABLED" | "NO_PENDING_CREDENTIALS";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 400;
                    };
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "OTP_REQUIRED" | "OTP_INVALID" | "TOKEN_REQUIRED" | "ACCESS_TOKEN_INVALID" | "ACCESS_TOKEN_EXPIRED" | "UNAUTHORIZED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 401;
                    };
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "CROSS_SITE_REQUEST";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 403;
                    };
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "PAYLOAD_TOO_LARGE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 413;
                    };
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNSUPPORTED_MEDIA_TYPE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 415;
                    };
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "RATE_LIMITED";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 429;
                    };
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "INTERNAL_SERVER_ERROR";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 500;
                    };
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        code: "UNAVAILABLE";
                        data: components["schemas"]["ErrorData"];
                        /** @constant */
                        statusCode: 503;
                    };
                };
            };
        };
    };
}

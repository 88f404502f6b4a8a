//! `GET /auth/me`

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web;

use crate::answer::success;
use crate::caller::ReadingBearer;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::wire::UserData;

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/me", || web::to(me))
        .operation("getMe", Tag::Account, "Get the signed-in user")
        .permission(Permission::AccessToken)
        .answers::<UserData>(SuccessCode::UserFetched)
}

/// *Permissions:* any access token of the user.
async fn me(ReadingBearer(caller): ReadingBearer) -> HttpResponse {
    success(SuccessCode::UserFetched, UserData { user: caller.account().into() })
}

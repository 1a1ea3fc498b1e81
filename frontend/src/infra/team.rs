//! The endpoints of members and tokens, one function each.

use wire::{
    CreateMember, CreateToken, CreatedToken, EditMember, Member, MemberId, MemberList, SignInLink, TheirTokens,
    TokenId, TokenList,
};

use super::http::{ApiError, ask, delete, encoded, get, patch, post};

/// Who works here.
pub async fn members() -> Result<MemberList, ApiError> {
    get("/v3/members").await
}

/// Lets somebody in.
pub async fn create_member(member: &CreateMember) -> Result<Member, ApiError> {
    post("/v3/members", member).await
}

/// Changes what is named.
pub async fn edit_member(id: &MemberId, edit: &EditMember) -> Result<Member, ApiError> {
    patch(&one(id), edit).await
}

/// Lets somebody out, and says what becomes of the tokens that they made.
pub async fn delete_member(id: &MemberId, tokens: TheirTokens) -> Result<(), ApiError> {
    delete(&format!("{}?tokens={}", one(id), tokens.as_str())).await
}

/// A link that signs this member in once.
pub async fn sign_in_link(id: &MemberId) -> Result<SignInLink, ApiError> {
    ask(&format!("{}/sign-in-link", one(id))).await
}

/// The tokens of other systems.
pub async fn tokens() -> Result<TokenList, ApiError> {
    get("/v3/tokens").await
}

/// Makes a token; the answer is the only time that it is shown.
pub async fn create_token(token: &CreateToken) -> Result<CreatedToken, ApiError> {
    post("/v3/tokens", token).await
}

/// Ends a token.
pub async fn revoke_token(id: &TokenId) -> Result<(), ApiError> {
    delete(&format!("/v3/tokens/{}", encoded(id.as_str()))).await
}

fn one(id: &MemberId) -> String {
    format!("/v3/members/{}", encoded(id.as_str()))
}

//! The session cookie and the token against forged requests.

use axum::http::{HeaderMap, HeaderValue, header};
use subtle::ConstantTimeEq;

/// Name of the cookie.
pub(crate) const NAME: &str = "buccal_session";
/// Header that carries the token of a JSON call.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// The session token that a request carries.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let pairs = cookies.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = values.find(|(name, _)| *name == NAME)?;
    (!value.is_empty()).then_some(value)
}

/// The header that sets the cookie; without a token, the one that ends it.
pub(crate) fn set(token: Option<&str>, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let text = match token {
        Some(token) => format!("{NAME}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"),
        None => format!("{NAME}=; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age=0"),
    };
    HeaderValue::from_str(&text).ok()
}

/// Compares in constant time.
pub(crate) fn same(given: &str, right: &str) -> bool {
    !right.is_empty() && bool::from(given.as_bytes().ct_eq(right.as_bytes()))
}

/// True where the browser says that another site sent the request.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    matches!(site, Some("cross-site" | "same-site"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let check = |text: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(text).unwrap());
            assert_eq!(token(&headers), expected, "{text}");
        };
        check("buccal_session=abc", Some("abc"));
        check("a=b; buccal_session=abc; c=d", Some("abc"));
        check("buccal_session=", None);
        check("xbuccal_session=abc", None);
    }

    #[test]
    fn an_empty_token_is_never_right() {
        assert!(same("abc", "abc"));
        assert!(!same("abd", "abc"));
        assert!(!same("", ""));
    }
}

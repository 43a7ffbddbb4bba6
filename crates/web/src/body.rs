//! What a request carries: query, form, file or JSON, brought into one shape.

use axum::body::Bytes;
use axum::extract::{Form, FromRequest, Multipart, Query, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value};
use service::ServiceError;

use crate::answer::Failure;
use crate::call::Entered;
use crate::station::{Input, Shape};

/// What came with a request.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) entered: Entered,
    pub(crate) request: Value,
    pub(crate) file: Option<Bytes>,
}

/// The query of an address.
pub(crate) fn query(uri: &Uri) -> Entered {
    let read = Query::<Vec<(String, String)>>::try_from_uri(uri);
    Entered(read.map(|Query(pairs)| pairs).unwrap_or_default())
}

/// Reads a form, with or without a file.
pub(crate) async fn form(request: Request) -> Result<Body, Failure> {
    let kind = content_type(request.headers());
    if kind.starts_with("multipart/form-data") {
        return multipart(request).await;
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Failure::Unreadable("a form"));
    }
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map_err(|rejection| refused(rejection.into_response().status()))?;
    Ok(Body { entered: Entered(pairs), ..Body::default() })
}

/// Reads the body of a JSON call; where the step takes a file, the body is the file.
pub(crate) async fn json(request: Request, file: bool) -> Result<Body, Failure> {
    let entered = query(request.uri());
    let kind = content_type(request.headers());
    let is_json = kind.starts_with("application/json");
    if !file && !is_json {
        return Err(Failure::Unreadable("JSON (Content-Type: application/json)"));
    }
    let bytes = bytes(request).await?;
    if file {
        return Ok(Body { entered, request: Value::Null, file: Some(bytes) });
    }
    let request = match bytes.is_empty() {
        true => Value::Object(Map::new()),
        false => serde_json::from_slice(&bytes).map_err(|_| Failure::Unreadable("JSON"))?,
    };
    Ok(Body { entered, request, file: None })
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.to_ascii_lowercase()
}

async fn bytes(request: Request) -> Result<Bytes, Failure> {
    Bytes::from_request(request, &()).await.map_err(|rejection| refused(rejection.status()))
}

fn refused(status: StatusCode) -> Failure {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
        _ => Failure::Unreadable("a whole request"),
    }
}

async fn multipart(request: Request) -> Result<Body, Failure> {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| refused(rejection.status()))?;
    let mut body = Body::default();
    loop {
        let next = parts.next_field().await;
        let Some(part) = next.map_err(|error| refused(error.status()))? else {
            return Ok(body);
        };
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|error| refused(error.status()))?;
        if is_file {
            body.file = Some(bytes);
        } else {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            body.entered.0.push((name, text));
        }
    }
}

/// Makes the JSON request out of a form.
///
/// # Errors
/// `Invalid` with the field, what was found, and what would be right; personal fields are named
/// and not quoted.
pub(crate) fn request(inputs: &[Input], entered: &Entered) -> Result<Value, ServiceError> {
    let mut root = Value::Object(Map::new());
    for input in inputs {
        match value(input, entered)? {
            Found::Nothing => {}
            Found::Value(value) => put(&mut root, input.name, value),
            Found::Local(instant, path, seconds) => {
                put(&mut root, input.name, Value::String(instant.to_string()));
                if !path.is_empty() {
                    put(&mut root, path, Value::from(seconds));
                }
            }
        }
    }
    Ok(root)
}

enum Found {
    Nothing,
    Value(Value),
    Local(Timestamp, &'static str, i32),
}

fn value(input: &Input, entered: &Entered) -> Result<Found, ServiceError> {
    let name = input.name;
    let text = entered.get(name);
    let empty = || ServiceError::Invalid(format!("{name}: it is empty; fill it in"));
    let string = |text: &str| Found::Value(Value::String(text.to_owned()));
    Ok(match input.shape {
        Shape::Text if text.is_empty() => return Err(empty()),
        Shape::Text => string(text),
        Shape::Secret if entered.raw(name).is_empty() => return Err(empty()),
        Shape::Secret => string(entered.raw(name)),
        Shape::Optional if text.is_empty() => Found::Nothing,
        Shape::Optional => string(text),
        Shape::Day if text.is_empty() => return Err(empty()),
        Shape::OptionalDay if text.is_empty() => Found::Nothing,
        Shape::Day | Shape::OptionalDay => string(&day(name, text)?.to_string()),
        Shape::Lines => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Found::Value(lines.map(|line| Value::String(line.to_owned())).collect())
        }
        Shape::Many => {
            let ticked = entered.all(name).filter(|text| !text.is_empty());
            Found::Value(ticked.map(|text| Value::String(text.to_owned())).collect())
        }
        Shape::Flag => Found::Value(Value::Bool(!text.is_empty())),
        Shape::Local { needed: false, .. } if text.is_empty() => Found::Nothing,
        Shape::Local { .. } if text.is_empty() => return Err(empty()),
        Shape::Local { offset, seconds, .. } => {
            let (instant, offset) = local(name, text, entered.get(offset))?;
            Found::Local(instant, seconds, offset)
        }
    })
}

fn day(name: &str, text: &str) -> Result<Date, ServiceError> {
    text.parse()
        .map_err(|_| ServiceError::Invalid(format!("{name}: it is no day; write it as 2027-05-31")))
}

fn local(name: &str, text: &str, offset: &str) -> Result<(Timestamp, i32), ServiceError> {
    let right = || {
        ServiceError::Invalid(format!(
            "{name}: it is no time; write it as 2027-05-31T22:15 and choose the offset from UTC"
        ))
    };
    let time: DateTime = text.parse().map_err(|_| right())?;
    let instant: Timestamp = format!("{time}{offset}").parse().map_err(|_| right())?;
    let utc = jiff::tz::Offset::UTC.to_timestamp(time).map_err(|_| right())?;
    let seconds = utc.as_second() - instant.as_second();
    Ok((instant, i32::try_from(seconds).map_err(|_| right())?))
}

fn put(root: &mut Value, path: &str, value: Value) {
    let (mut at, mut rest) = (root, path);
    while let Some((head, tail)) = rest.split_once('.') {
        let Value::Object(map) = at else { return };
        at = map.entry(head.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        rest = tail;
    }
    if let Value::Object(map) = at {
        map.insert(rest.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::input;

    fn check(inputs: &[Input], form: &str, expected: &str) {
        let entered = query(&format!("/?{form}").parse().unwrap());
        let found = match request(inputs, &entered) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{form}");
    }

    #[test]
    fn each_shape_becomes_json() {
        check(&[input("a", Shape::Text)], "a=+x+", r#"{"a":"x"}"#);
        check(&[input("a", Shape::Text)], "a=+", "a: it is empty; fill it in");
        check(&[input("a", Shape::Secret)], "a=+x+", r#"{"a":" x "}"#);
        check(&[input("a", Shape::Optional)], "b=1", "{}");
        check(&[input("a.b", Shape::Text)], "a.b=x", r#"{"a":{"b":"x"}}"#);
        check(&[input("a", Shape::Lines)], "a=K1%0D%0A%0D%0AK2", r#"{"a":["K1","K2"]}"#);
        check(&[input("a", Shape::Many)], "a=x&a=y", r#"{"a":["x","y"]}"#);
        check(&[input("a", Shape::Flag)], "", r#"{"a":false}"#);
        check(&[input("a", Shape::Day)], "a=31.5.2027", "a: it is no day; write it as 2027-05-31");
    }

    #[test]
    fn local_time_and_offset_become_an_instant() {
        let shape = Shape::Local { offset: "o", seconds: "s", needed: true };
        check(
            &[input("t", shape)],
            "t=2027-05-31T22:15&o=-05:00",
            r#"{"t":"2027-06-01T03:15:00Z","s":-18000}"#,
        );
        check(
            &[input("t", shape)],
            "t=yesterday&o=-05:00",
            "t: it is no time; write it as 2027-05-31T22:15 and choose the offset from UTC",
        );
    }
}

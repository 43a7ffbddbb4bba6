//! Every Cedar policy says who it is, by whose authority it stands, how sure we are of that source
//! and from which day it holds: `@id`, `@authority`, `@confidence`, `@effective`. Whether a policy
//! fits the schema is checked where policies are loaded, in `journey`.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::repository::Repository;

/// How sure a fact is, from "the primary text was read" to "our own inference" (docs/law.md).
const CONFIDENCES: [&str; 7] = ["S", "S2", "C", "M+", "M", "M?", "D"];

const ANNOTATIONS: [&str; 4] = ["id", "authority", "confidence", "effective"];

/// One policy: the line of `permit` or `forbid`, and its annotations.
struct Policy {
    line: usize,
    annotations: BTreeMap<String, String>,
}

/// A piece of Cedar text, as far as finding policies needs it.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    At,
    Word(String),
    Text(String),
    End,
    Other,
}

/// Checks every `.cedar` file; ids are looked at over all files of a folder, which is a rule set.
pub fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: BTreeMap<(String, String), String> = BTreeMap::new();
    for (path, text) in repository.texts_in("", ".cedar") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for policy in policies(text) {
            check_policy(path, &policy, &mut findings);
            let Some(id) = policy.annotations.get("id") else {
                continue;
            };
            let place = format!("{path}:{}", policy.line);
            if let Some(first) = seen.insert((folder.to_owned(), id.clone()), place) {
                findings.push(Finding::at(
                    path,
                    policy.line,
                    format!("a second policy with the id {id} (another at {first})"),
                    "one id for one policy of a rule set",
                ));
            }
        }
    }
    findings
}

fn check_policy(path: &str, policy: &Policy, findings: &mut Vec<Finding>) {
    for name in ANNOTATIONS {
        if policy.annotations.get(name).is_none_or(|value| value.trim().is_empty()) {
            findings.push(Finding::at(
                path,
                policy.line,
                format!("a policy without @{name}"),
                "@id, @authority, @confidence and @effective on every policy",
            ));
        }
    }
    if let Some(value) = policy.annotations.get("confidence")
        && !CONFIDENCES.contains(&value.as_str())
    {
        findings.push(Finding::at(
            path,
            policy.line,
            format!("the confidence `{value}`"),
            format!("one of {}", CONFIDENCES.join(", ")),
        ));
    }
    if let Some(value) = policy.annotations.get("effective")
        && !is_date(value)
    {
        findings.push(Finding::at(
            path,
            policy.line,
            format!("the effective date `{value}`"),
            "a date such as 2020-04-08",
        ));
    }
}

fn is_date(text: &str) -> bool {
    let shape = |(place, c): (usize, char)| match place {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    };
    text.len() == 10 && text.chars().enumerate().all(shape)
}

fn policies(text: &str) -> Vec<Policy> {
    let mut policies = Vec::new();
    let mut annotations = BTreeMap::new();
    let mut inside = false;
    let mut tokens = tokens(text).into_iter().peekable();
    while let Some((line, token)) = tokens.next() {
        match token {
            Token::End => inside = false,
            Token::At if !inside => {
                let Some((_, Token::Word(name))) = tokens.next() else {
                    continue;
                };
                tokens.next_if(|(_, token)| *token == Token::Other);
                let value = match tokens.peek() {
                    Some((_, Token::Text(value))) => value.clone(),
                    _ => String::new(),
                };
                annotations.insert(name, value);
            }
            Token::Word(word) if !inside && (word == "permit" || word == "forbid") => {
                inside = true;
                policies.push(Policy { line, annotations: std::mem::take(&mut annotations) });
            }
            _ => {}
        }
    }
    policies
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let start = line;
        let token = match c {
            '\n' => {
                line += 1;
                continue;
            }
            c if c.is_whitespace() => continue,
            '/' if rest.peek() == Some(&'/') => {
                while rest.next_if(|&c| c != '\n').is_some() {}
                continue;
            }
            '"' => {
                let mut value = String::new();
                while let Some(c) = rest.next().filter(|&c| c != '"') {
                    value.extend(if c == '\\' { rest.next() } else { Some(c) });
                    line += usize::from(c == '\n');
                }
                Token::Text(value)
            }
            '@' => Token::At,
            ';' => Token::End,
            c if c.is_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                Token::Word(word)
            }
            _ => Token::Other,
        };
        tokens.push((start, token));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::repository::Repository;

    const GOOD: &str = r#"
// permit (everything); in a comment is no policy
@id("detained-person")
@authority("28 CFR 28.12(b)")
@confidence("S")
@effective("2020-04-08")
permit (principal, action == Action::"collect", resource)
when { resource.note != "forbid (x); @id" };
"#;

    fn findings(text: &str) -> Vec<String> {
        let repository = Repository::of_texts([("rules/2020/eligibility.cedar", text)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_fully_annotated_policy_passes() {
        assert_eq!(findings(GOOD), Vec::<String>::new());
    }

    #[test]
    fn each_missing_annotation_is_found_on_the_policy_line() {
        for name in ["id", "authority", "confidence", "effective"] {
            let text: String = GOOD
                .lines()
                .filter(|line| !line.starts_with(&format!("@{name}(")))
                .map(|line| format!("{line}\n"))
                .collect();
            assert_eq!(
                findings(&text),
                [format!(
                    "rules/2020/eligibility.cedar:6: a policy without @{name}; right would be: \
                     @id, @authority, @confidence and @effective on every policy"
                )]
            );
        }
    }

    #[test]
    fn annotations_do_not_carry_over_to_the_next_policy() {
        let found = findings(&format!("{GOOD}forbid (principal, action, resource);\n"));
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn an_unknown_confidence_a_vague_date_and_a_second_id_are_found() {
        let text = GOOD.replace("\"S\"", "\"sure\"").replace("2020-04-08", "April 2020");
        let found = findings(&text);
        assert!(found[0].contains("the confidence `sure`"), "{found:?}");
        assert!(found[1].contains("the effective date `April 2020`"), "{found:?}");
        let twice = findings(&format!("{GOOD}{GOOD}"));
        assert_eq!(twice.len(), 1);
        assert!(twice[0].contains("a second policy with the id detained-person"), "{twice:?}");
    }
}

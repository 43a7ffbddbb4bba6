//! Accounts and sessions: how they begin, how they end, and what of them is stored.

use journey::actor::Role;
use journey::ids::AccountId;
use service::audit::Side;
use service::{Programme, ServiceError};
use store::custody::account::Grant;

use crate::ground::{Ground, on_both};

const PASSWORD: &str = "correct horse battery";

fn somebody(ground: &Ground) -> AccountId {
    let account = AccountId::from("somebody");
    let grants = [Grant { role: Role::Auditor, site: "*".to_owned() }];
    let administrator = ground.by(Role::Administrator);
    ground.programme.create_account(&administrator, &account, PASSWORD, &grants).unwrap();
    account
}

fn sign_in(ground: &Ground, account: &AccountId) -> String {
    let opened = ground.programme.sign_in(&ground.by(Role::Auditor), account, PASSWORD);
    opened.unwrap().token
}

fn in_force(ground: &Ground, programme: &Programme, token: &str) -> bool {
    programme.session(ground.now(), token).unwrap().is_some()
}

#[test]
fn a_session_lasts_while_it_is_used_and_twelve_hours_at_most() {
    on_both(|ground| {
        let account = somebody(ground);
        let p = &ground.programme;
        let token = sign_in(ground, &account);
        let signed = p.session(ground.now(), &token).unwrap().unwrap();
        assert_eq!(signed.actor.account, account);
        assert_eq!(signed.actor.grants.len(), 1);
        assert!(in_force(ground, &ground.another(), &token), "another process");
        for _ in 0..24 {
            ground.pass(30 * 60);
            assert!(in_force(ground, p, &token), "{}", ground.now());
        }
        ground.pass(1);
        assert!(!in_force(ground, p, &token), "twelve hours are over");

        let token = sign_in(ground, &account);
        ground.pass(30 * 60 + 1);
        assert!(!in_force(ground, p, &token), "idle");
        ground.pass(-60);
        assert!(!in_force(ground, p, &token), "an ended session does not come back");
    });
}

#[test]
fn signing_out_and_deactivation_end_a_session() {
    on_both(|ground| {
        let account = somebody(ground);
        let p = &ground.programme;
        let (one, other) = (sign_in(ground, &account), sign_in(ground, &account));
        p.sign_out(&ground.by(Role::Auditor), &one).unwrap();
        assert!(!in_force(ground, p, &one));
        assert!(in_force(ground, p, &other));
        let administrator = ground.by(Role::Administrator);
        p.deactivate_account(&administrator, &account).unwrap();
        assert!(!in_force(ground, p, &other));
        assert!(matches!(p.actor(&account), Err(ServiceError::NotFound { .. })));
        let again = p.sign_in(&ground.by(Role::Auditor), &account, PASSWORD);
        assert!(matches!(again, Err(ServiceError::Invalid(_))));
    });
}

#[test]
fn a_wrong_password_and_a_wrong_name_answer_alike() {
    on_both(|ground| {
        let account = somebody(ground);
        let p = &ground.programme;
        let op = ground.by(Role::Auditor);
        let answer = |account: &str, password: &str| match p.sign_in(
            &op,
            &AccountId::from(account),
            password,
        ) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("signed in"),
        };
        let wrong = answer(account.as_str(), "correct horse batterY");
        assert_eq!(wrong, answer("nobody", PASSWORD));
        assert_eq!(wrong, answer(account.as_str(), ""));
        // A password typed into the field of the name.
        assert_eq!(wrong, answer("my secret sentence", PASSWORD));
        let failed = ground.events(Side::Custody, "account", "sign_in_failed");
        assert_eq!(failed.len(), 4);
        assert!(!failed.iter().any(|event| event.contains("secret")), "{failed:?}");
        assert_eq!(ground.counts()["custody.session"], 0);
    });
}

#[test]
fn short_passwords_and_taken_names_are_not_accepted() {
    on_both(|ground| {
        let account = somebody(ground);
        let p = &ground.programme;
        let administrator = ground.by(Role::Administrator);
        let create = |name: &str, password: &str| {
            p.create_account(&administrator, &AccountId::from(name), password, &[])
        };
        match create("other", "fourteen chars") {
            Err(ServiceError::Invalid(text)) => assert!(!text.contains("fourteen chars")),
            other => panic!("{other:?}"),
        }
        create("other", "fifteen letters").unwrap();
        let taken = create(account.as_str(), PASSWORD);
        assert!(matches!(taken, Err(ServiceError::Conflict)));
        assert!(matches!(create("  ", PASSWORD), Err(ServiceError::Invalid(_))));
        let first = p.create_first_account(&administrator, &AccountId::from("me"), PASSWORD);
        assert!(matches!(first, Err(ServiceError::Conflict)));
    });
}

#[test]
fn neither_token_nor_password_is_stored() {
    on_both(|ground| {
        let account = somebody(ground);
        let token = sign_in(ground, &account);
        for table in ["session", "account", "event"] {
            for line in ground.texts(Side::Custody, table) {
                assert!(!line.contains(&token) && !line.contains(PASSWORD), "{table}");
            }
        }
        if ground.is_sqlite() {
            for name in ["custody.sqlite", "custody.sqlite-wal"] {
                let bytes = std::fs::read(ground.folder.path().join(name)).unwrap();
                let decoded = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes());
                for secret in [token.as_bytes(), PASSWORD.as_bytes(), &decoded.unwrap()] {
                    let found = bytes.windows(secret.len()).any(|window| window == secret);
                    assert!(!found, "{name}");
                }
            }
        }
    });
}

#[test]
fn guessing_is_slowed_down_and_ends_by_itself() {
    on_both(|ground| {
        let account = somebody(ground);
        let p = &ground.programme;
        let op = ground.by(Role::Auditor);
        for _ in 0..service::account::FAILURES_MAX {
            let wrong = p.sign_in(&op, &account, "not the password");
            assert!(matches!(wrong, Err(ServiceError::Invalid(_))));
        }
        let right = p.sign_in(&ground.by(Role::Auditor), &account, PASSWORD);
        assert!(matches!(right, Err(ServiceError::Busy)), "the account waits");
        ground.pass(service::account::FAILURES_MINUTES * 60 + 1);
        sign_in(ground, &account);
    });
}

#[test]
fn nobody_grants_himself_a_role() {
    on_both(|ground| {
        let account = somebody(ground);
        let administrator = ground.by(Role::Administrator);
        let grant = Grant { role: Role::Collector, site: "*".to_owned() };
        let own = administrator.actor.account.clone();
        let refused = ground.programme.grant_role(&administrator, &own, &grant);
        assert!(matches!(refused, Err(ServiceError::Refused(_))));
        ground.programme.grant_role(&administrator, &account, &grant).unwrap();
    });
}

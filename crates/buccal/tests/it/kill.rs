//! A killed process loses nothing that was acknowledged: a stream of collections over HTTP, a
//! `kill -9` in the middle, a restart, and a comparison with what the client was told.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::ground::{PASSWORD, account, command, folder, run};

const SITE: &str = "Dallas";
/// Collections that are acknowledged before the process is killed.
const BEFORE: usize = 12;

/// Starts the server on a free port and waits until it says where it listens.
fn serve(data: &str) -> (Child, String) {
    let mut child = command(&["serve", "--data", data, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("serving on ").map(str::to_owned))
        .unwrap();
    // The rest of what it says must be read, or its pipe fills.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

struct Client {
    agent: ureq::Agent,
    address: String,
    csrf: String,
}

impl Client {
    fn sign_in(address: &str, account: &str) -> Self {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut client = Self { agent, address: address.to_owned(), csrf: String::new() };
        let answer = client.post("sign-in", &json!({"account": account, "password": PASSWORD}));
        client.csrf = answer.unwrap()["csrf"].as_str().unwrap().to_owned();
        client
    }

    /// The answer; `None` where the server is gone.
    fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let url = format!("{}/api/{path}", self.address);
        let sent = self.agent.post(url).header("X-CSRF-Token", &self.csrf).send_json(body);
        let mut answer = sent.ok()?;
        let value: Value = answer.body_mut().read_json().ok()?;
        assert!(answer.status().is_success(), "{path}: {value}");
        Some(value)
    }
}

fn booking(number: usize) -> Value {
    json!({
        "booking": format!("B{number}"),
        "person": {
            "fingerprint_number": format!("FP{number}"),
            "alien_number": null,
            "family_name": "Alder",
            "given_name": "Brook",
            "date_of_birth": "1990-01-01"
        },
        "circumstances": {
            "component": "ICE-ERO",
            "site": SITE,
            "booked_at": "2026-05-14T10:00:00Z",
            "booked_offset_seconds": -18000,
            "date_of_birth_confidence": "verified",
            "citizenship": "non_us_person",
            "citizenship_confidence": "verified",
            "lawful_status": "none",
            "custody_basis": ["admin_detention"],
            "further_proceedings": "no",
            "fingerprint_event": format!("EV{number}"),
            "fingerprinted_at": null,
            "on_file": "absent",
            "other_agency": null
        }
    })
}

/// One collection from booking to seal; the kit is acknowledged as sealed where it comes back.
fn collect(client: &Client, number: usize) -> Option<String> {
    let kit = format!("K{number}");
    client.post("booking/record", &booking(number))?;
    let open = json!({"booking": format!("B{number}"), "kit": kit, "site": SITE, "table": "1"});
    let collection = client.post("collection/open", &open)?["collection"].clone();
    let scan = json!({"collection": collection, "device": kit, "form": kit});
    client.post("collection/scan", &scan)?;
    let seal = json!({"collection": collection, "seal": "S1", "prints_taken": true});
    client.post("collection/seal", &seal)?;
    Some(kit)
}

fn sealed(data: &str) -> Vec<String> {
    let list = ["collection", "list", "--stage", "sealed", "--limit", "10000", "--json"];
    let ran = run(&[&list[..], &["--data", data, "--account", "officer"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json = ran.json();
    json.as_array().unwrap().iter().map(|row| row["kit"].as_str().unwrap().to_owned()).collect()
}

fn prepare(folder: &Path) -> String {
    let data = folder.display().to_string();
    account(&data, &["account", "first", "root"]);
    let create = ["account", "create", "officer", "--account", "root"];
    let roles = ["--role", "collector@*", "--role", "kit-clerk@*", "--role", "auditor@*"];
    account(&data, &[&create[..], &roles[..]].concat());
    data
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = folder();
    let data = prepare(folder.path());
    let (mut server, address) = serve(&data);
    let client = Client::sign_in(&address, "officer");
    let barcodes: Vec<String> = (0..400).map(|number| format!("K{number}")).collect();
    let receive =
        json!({"lot": "L1", "site": SITE, "expires_on": "2099-01-01", "barcodes": barcodes});
    client.post("kit/receive", &receive).unwrap();

    let (tell, told) = std::sync::mpsc::channel();
    let stream = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for number in 0..400 {
            let Some(kit) = collect(&client, number) else {
                return (acknowledged, true);
            };
            acknowledged.push(kit);
            // The receiver stops listening once it has killed the server.
            let _ = tell.send(());
        }
        (acknowledged, false)
    });
    told.iter().take(BEFORE).for_each(drop);
    server.kill().unwrap();
    server.wait().unwrap();
    let (acknowledged, cut_off) = stream.join().unwrap();
    assert!(cut_off, "the kill must come in the middle of the stream");
    assert!(acknowledged.len() >= BEFORE);

    let (mut server, address) = serve(&data);
    let kept = sealed(&data);
    for kit in &acknowledged {
        assert!(kept.contains(kit), "{kit} was acknowledged as sealed and is not there");
    }
    assert!(kept.len() <= acknowledged.len() + 1, "at most the step in flight is unacknowledged");
    let verify = ["audit", "verify", "--data", &data, "--account", "officer", "--json"];
    let verified = run(&verify);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);

    // Work goes on: what was open at the table is given up, and the next person comes.
    let client = Client::sign_in(&address, "officer");
    for stage in ["opened", "scanned"] {
        let list = ["collection", "list", "--stage", stage, "--json", "--data", &data];
        let open = run(&[&list[..], &["--account", "officer"]].concat()).json();
        for row in open.as_array().unwrap() {
            let abandon = json!({"collection": row["collection"], "why": "kit_damaged"});
            client.post("collection/abandon", &abandon).unwrap();
        }
    }
    assert!(collect(&client, 399).is_some());
    server.kill().unwrap();
    server.wait().unwrap();
}

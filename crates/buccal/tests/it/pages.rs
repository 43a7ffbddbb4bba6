//! The pages in real headless Chromium: every page of every role renders, can be understood by a
//! screen reader, and a kit clerk can work on one without script.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::ground::{command, folder, run};

/// Accounts of the demonstration, each with the station whose page it must be able to open.
const ACCOUNTS: &[(&str, &[&str])] = &[
    ("collector", &["booking", "eligibility", "kit", "collection", "notice"]),
    ("kit-clerk", &["kit", "collection", "shipment", "custody"]),
    ("accessioner", &["shipment", "accession", "removal"]),
    ("analyst", &["typing", "confirmation"]),
    ("reviewer", &["typing", "upload", "confirmation"]),
    ("index-custodian", &["upload", "candidate"]),
    ("casework-txsyn0100", &["candidate", "notice"]),
    ("privacy-officer", &["booking", "notice", "removal", "report", "audit"]),
    ("program-manager", &["booking", "kit", "removal", "report"]),
    ("auditor", &["booking", "collection", "accession", "report", "audit", "account"]),
    ("administrator", &["account"]),
];

/// How long a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends a process of this test when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for the first line in which `find` finds something.
fn start(mut command: Command, find: impl Fn(&str) -> Option<String>) -> (Running, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let err = BufReader::new(child.stderr.take().unwrap());
    let other = tell.clone();
    std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(|l| drop(tell.send(l))));
    std::thread::spawn(move || err.lines().map_while(Result::ok).for_each(|l| drop(other.send(l))));
    let running = Running(child);
    let found = told.iter().find_map(|line| find(&line)).unwrap();
    // Whatever it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || told.iter().for_each(drop));
    (running, found)
}

fn chromedriver() -> Option<(Running, String)> {
    let mut driver = Command::new("chromedriver");
    driver.arg("--port=0");
    if Command::new("chromedriver").arg("--version").output().is_err() {
        eprintln!("tests in Chromium did not run: chromedriver is not installed");
        return None;
    }
    let port = |line: &str| {
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    };
    let (running, port) = start(driver, port);
    Some((running, format!("http://127.0.0.1:{port}")))
}

async fn browser(driver: &str, profile: &str) -> Client {
    let arguments = json!([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1600",
        format!("--user-data-dir={profile}"),
    ]);
    let Value::Object(wanted) = json!({"goog:chromeOptions": {"args": arguments}}) else {
        unreachable!("an object was written")
    };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(wanted);
    builder.connect(driver).await.unwrap()
}

async fn sign_in(client: &Client, address: &str, account: &str, password: &str) {
    client.delete_all_cookies().await.unwrap();
    client.goto(&format!("{address}/sign-in")).await.unwrap();
    for (field, text) in [("account", account), ("password", password)] {
        let input = client.find(Locator::Css(&format!("input[name={field}]"))).await.unwrap();
        input.send_keys(text).await.unwrap();
    }
    client.find(Locator::Css("main button")).await.unwrap().click().await.unwrap();
    let signed_in = Locator::Css("form[action='/sign-out']");
    let waiting = client.wait().at_most(PATIENCE).for_element(signed_in).await;
    assert!(waiting.is_ok(), "{account} is not signed in");
}

/// What a screen reader needs, counted in the page itself.
const FAULTS: &str = r#"
    const faults = [];
    const one = (css, n) => {
        const found = document.querySelectorAll(css).length;
        if (found !== n) faults.push(css + ": " + found);
    };
    const status = performance.getEntriesByType("navigation")[0].responseStatus;
    if (status !== 200) faults.push("answered " + status);
    one("h1", 1); one("main", 1); one("html[lang]", 1);
    if (!document.title.trim()) faults.push("no title");
    for (const input of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (!input.labels || input.labels.length === 0) faults.push("no label: " + input.name);
    }
    for (const table of document.querySelectorAll("table")) {
        if (!table.caption) faults.push("a table without caption");
        if (!table.querySelector("th[scope]")) faults.push("a table without headers");
    }
    for (const button of document.querySelectorAll("button, a")) {
        if (!button.textContent.trim() && !button.getAttribute("aria-label")) {
            faults.push("a button or link without words");
        }
    }
    const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
    if (twice.length) faults.push("ids given twice: " + twice.join(" "));
    if (document.documentElement.scrollWidth > window.innerWidth + 1) {
        faults.push("wider than the window: " + document.documentElement.scrollWidth);
    }
    return faults;
"#;

async fn look(client: &Client, address: &str, path: &str, account: &str) {
    client.goto(&format!("{address}{path}")).await.unwrap();
    let faults = client.execute(FAULTS, Vec::new()).await.unwrap();
    assert_eq!(faults, json!([]), "{account} at {path}");
    let heading = client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap();
    assert!(!heading.is_empty(), "{account} at {path}");
}

/// Plays a few days, serves them, and gives address and password of the accounts.
fn served(data: &str) -> (Running, String, String) {
    let play = ["demo", "--data", data, "--days", "8", "--seed", "11", "--no-serve", "--json"];
    let played = run(&play);
    assert_eq!(played.code, 0, "{}", played.err);
    let (_, password) = played.err.rsplit_once("demonstration: ").unwrap();
    let serve = command(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    let address = |line: &str| line.strip_prefix("serving on ").map(str::to_owned);
    let (server, address) = start(serve, address);
    (server, address, password.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_worked_on() {
    let Some((_driver, driver)) = chromedriver() else {
        return;
    };
    let folder = folder();
    let data = folder.path().join("data").display().to_string();
    let profile = folder.path().join("profile").display().to_string();
    let (_server, address, password) = served(&data);
    let client = browser(&driver, &profile).await;
    for (account, stations) in ACCOUNTS {
        sign_in(&client, &address, account, &password).await;
        look(&client, &address, "/", account).await;
        for station in *stations {
            look(&client, &address, &format!("/{station}"), account).await;
        }
    }
    receive_a_kit(&client, &address, &password).await;
    client.close().await.unwrap();
}

/// A kit clerk fills in the form, is told that it is done, and the kit's chain of custody begins.
async fn receive_a_kit(client: &Client, address: &str, password: &str) {
    sign_in(client, address, "kit-clerk", password).await;
    client.goto(&format!("{address}/kit")).await.unwrap();
    let form = "form[action='/kit/receive']";
    let field = |name: &str| format!("{form} [name={name}]");
    let fill = async |name: &str, text: &str| {
        let field = client.find(Locator::Css(&field(name))).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    };
    fill("lot", "LOT-NEW").await;
    fill("site", "ERO-DAL").await;
    fill("barcodes", "K-NEW-1\nK-NEW-2").await;
    let script = "document.querySelector(arguments[0]).value = arguments[1]";
    let arguments = vec![json!(field("expires_on")), json!("2099-12-31")];
    client.execute(script, arguments).await.unwrap();
    let button = client.find(Locator::Css(&format!("{form} button"))).await.unwrap();
    button.click().await.unwrap();
    let said = Locator::Css("main [role=status], main [role=alert]");
    client.wait().at_most(PATIENCE).for_element(said).await.unwrap();
    client.goto(&format!("{address}/custody?kit=K-NEW-2")).await.unwrap();
    let chain = client.find(Locator::Css("main table")).await.unwrap().text().await.unwrap();
    assert!(chain.contains("stocked") && chain.contains("ERO-DAL"), "{chain}");
}

//! The way of a sample through the routes: helpers that take it from the booking to where a test
//! begins, and readers of what a page or a list says.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use genetics::{Genotype, LocusSet, Profile, controls};
use journey::actor::Role;
use serde_json::{Value, json};

use crate::ground::{Answer, Ground, SITE};
use crate::html;
use crate::pages::booking;

/// Somebody of every role on the way.
pub(crate) const PEOPLE: &[Role] = &[
    Role::Collector,
    Role::KitClerk,
    Role::Accessioner,
    Role::Analyst,
    Role::Reviewer,
    Role::IndexCustodian,
    Role::CaseworkAnalyst,
    Role::PrivacyOfficer,
    Role::ProgramManager,
    Role::Administrator,
];
/// The laboratory of the case.
pub(crate) const CASEWORK: &str = "TXCASE001";
/// Looks at a list until the outbox has done its work.
const LOOKS_MAX: usize = 5_000;

impl Ground {
    /// Makes a JSON call that must succeed.
    pub(crate) async fn did(&self, role: Role, path: &str, body: Value) -> Value {
        let answer = self.call(role, path, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    /// A page that must open and be sound.
    pub(crate) async fn page(&self, role: Role, path: &str) -> String {
        let answer = self.get(role, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        html::check(path, &answer.text);
        answer.text
    }

    /// A list that must open.
    pub(crate) async fn list(&self, role: Role, path: &str) -> Value {
        let answer = self.get(role, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    /// Sends a form that must be done; gives the page that the browser then shows.
    pub(crate) async fn done(&self, role: Role, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.form(role, path, fields).await;
        self.shown(role, path, answer).await
    }

    /// The page after a form that was done.
    pub(crate) async fn shown(&self, role: Role, path: &str, answer: Answer) -> String {
        match answer.status {
            StatusCode::SEE_OTHER => self.page(role, answer.header("location")).await,
            StatusCode::OK => {
                html::check(path, &answer.text);
                answer.text
            }
            other => panic!("{path}: {other}: {}", answer.text),
        }
    }

    /// Sends a form with a file.
    pub(crate) async fn file(
        &self,
        role: Role,
        path: &str,
        fields: &[(&str, &str)],
        file: &str,
    ) -> Answer {
        let session = self.of(role);
        let mut body = String::new();
        for (name, value) in [&[("csrf", session.csrf.as_str())], fields].concat() {
            let head = "--cut\r\nContent-Disposition: form-data";
            body.push_str(&format!("{head}; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str(&format!(
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"run.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n{file}\r\n--cut--\r\n"
        ));
        let request = Request::post(path)
            .header("cookie", &session.cookie)
            .header("content-type", "multipart/form-data; boundary=cut")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Looks until the outbox has brought what is waited for.
    pub(crate) async fn until(
        &self,
        role: Role,
        path: &str,
        there: impl Fn(&Value) -> bool,
    ) -> Value {
        for _ in 0..LOOKS_MAX {
            let list = self.list(role, path).await;
            if there(&list) {
                return list;
            }
        }
        panic!("{path}: it never came");
    }

    /// A person of its own in every kit, up to the count at the laboratory.
    pub(crate) async fn arrived(&self, kits: &[&str]) {
        let stock = json!({
            "lot": "L1", "site": SITE, "expires_on": "2027-05-31", "barcodes": kits,
        });
        self.did(Role::KitClerk, "/api/kit/receive", stock).await;
        for kit in kits {
            self.collected(kit).await;
        }
        let package = self
            .did(Role::KitClerk, "/api/shipment/start", json!({ "site": SITE }))
            .await["package"]
            .clone();
        for kit in kits {
            let pack = json!({ "package": package, "kit": kit });
            self.did(Role::KitClerk, "/api/shipment/pack", pack).await;
        }
        let seal = json!({ "package": package, "seal": "P1" });
        self.did(Role::KitClerk, "/api/shipment/seal", seal).await;
        let over = json!({ "package": package, "carrier": "UPS", "tracking": "1Z" });
        self.did(Role::KitClerk, "/api/shipment/hand-over", over).await;
        let found = json!({ "package": package, "found": kits });
        self.did(Role::Accessioner, "/api/shipment/receive", found).await;
    }

    async fn collected(&self, kit: &str) {
        let (number, print) = (format!("B-{kit}"), format!("F-{kit}"));
        let mut fields = booking();
        let event = format!("E-{kit}");
        for (name, value) in &mut fields {
            match *name {
                "booking" => *value = &number,
                "person.fingerprint_number" => *value = &print,
                "circumstances.fingerprint_event" => *value = &event,
                _ => {}
            }
        }
        self.done(Role::Collector, "/booking/record", &fields).await;
        let open = json!({ "booking": number, "kit": kit, "site": SITE, "table": "T1" });
        let collection = self.did(Role::Collector, "/api/collection/open", open).await;
        let collection = collection["collection"].clone();
        let scan = json!({ "collection": collection, "device": kit, "form": kit });
        self.did(Role::Collector, "/api/collection/scan", scan).await;
        let seal = json!({ "collection": collection, "seal": "S1", "prints_taken": true });
        self.did(Role::Collector, "/api/collection/seal", seal).await;
    }

    /// From an empty shelf to a specimen that waits for a plate; gives its number.
    pub(crate) async fn specimen(&self, kit: &str) -> String {
        self.arrived(&[kit]).await;
        let examine = [("kit", kit), ("findings.device", kit)];
        self.done(Role::Accessioner, "/accession/examine", &examine).await;
        let waits = |list: &Value| list["waiting"][0]["specimen"].is_string();
        let list = self.until(Role::Analyst, "/api/typing", waits).await;
        text(&list["waiting"][0]["specimen"])
    }

    /// From a specimen that waits to a reading that waits for review.
    pub(crate) async fn typed(&self, specimen: &str, plate: &str) -> String {
        let load = json!({
            "plate": plate, "chemistry": "GlobalFiler Express", "control": "2800M",
            "specimens": [specimen],
        });
        self.did(Role::Analyst, "/api/typing/load", load).await;
        let run = table(&[(specimen, &person())]);
        let import = [("plate", plate)];
        let answer = self.file(Role::Analyst, "/typing/import", &import, &run).await;
        self.shown(Role::Analyst, "/typing/import", answer).await
    }

    /// The same, reviewed and in the index.
    pub(crate) async fn indexed(&self, kit: &str) -> String {
        let specimen = self.specimen(kit).await;
        self.typed(&specimen, "PL-1").await;
        let review = json!({ "specimen": specimen });
        self.did(Role::Reviewer, "/api/typing/review", review).await;
        let enter = json!({ "specimens": [specimen] });
        self.did(Role::IndexCustodian, "/api/upload/enter", enter).await;
        specimen
    }

    /// The same, and evidence with the same profile: gives the candidate.
    pub(crate) async fn candidate(&self, kit: &str) -> String {
        self.indexed(kit).await;
        let fields =
            [("category", "Forensic, Unknown"), ("laboratory", CASEWORK), ("case", "CASE-1")];
        let run = table(&[("EV-1", &person())]);
        // The controls of the table are no evidence; only the one sample is sent.
        let run = only(&run, "EV-1");
        let path = "/upload/enter-evidence";
        let answer = self.file(Role::CaseworkAnalyst, path, &fields, &run).await;
        let page = self.shown(Role::CaseworkAnalyst, path, answer).await;
        assert!(page.contains("1 entered, 0 refused"), "{page}");
        let found = |list: &Value| list[0]["candidate"].is_string();
        let list = self.until(Role::CaseworkAnalyst, "/api/candidate", found).await;
        text(&list[0]["candidate"])
    }

    /// The same, taken, and confirmation asked for: gives the confirmation.
    pub(crate) async fn confirmation(&self, kit: &str) -> String {
        let candidate = self.candidate(kit).await;
        let about = json!({ "candidate": candidate });
        let analyst = Role::CaseworkAnalyst;
        self.did(analyst, "/api/candidate/take", about.clone()).await;
        let asked = self.did(analyst, "/api/candidate/request", about).await;
        let confirmation = asked["confirmation"].clone();
        let there = |list: &Value| list[0]["confirmation"] == confirmation;
        self.until(Role::Reviewer, "/api/confirmation", there).await;
        text(&confirmation)
    }
}

/// A JSON string without its quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A profile with all core loci, unlike that of any control.
pub(crate) fn person() -> Profile {
    let typed = LocusSet::core20().iter().enumerate().map(|(place, locus)| {
        let low = 8 + place * 3 % 9;
        let genotype: Genotype = format!("{low},{}", low + 1 + place % 4).parse().unwrap();
        (locus, genotype)
    });
    Profile::from_genotypes(typed).unwrap()
}

/// A genotype table as software writes it, with a sound positive and a blank negative control.
pub(crate) fn table(samples: &[(&str, &Profile)]) -> String {
    let control = controls::profile("2800M").unwrap();
    let mut text = "Sample Name\tMarker\tAllele 1\tAllele 2\n".to_owned();
    for (name, profile) in [&[("2800M", &control)], samples].concat() {
        for typed in profile.typed() {
            let alleles: Vec<_> = typed.genotype.alleles().iter().map(|a| a.to_string()).collect();
            let second = alleles.get(1).map_or("", String::as_str);
            let line = format!("{name}\t{}\t{}\t{second}\n", typed.locus.name(), alleles[0]);
            text.push_str(&line);
        }
    }
    text.push_str("NEG\tTH01\t\t\n");
    text
}

/// The header of a table and the rows of one sample.
pub(crate) fn only(table: &str, sample: &str) -> String {
    let keep = |(row, line): &(usize, &str)| *row == 0 || line.starts_with(sample);
    let lines: Vec<_> = table.lines().enumerate().filter(keep).map(|(_, line)| line).collect();
    lines.join("\n")
}

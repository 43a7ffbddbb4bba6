//! The way of a sample in steps, each by whoever takes it; tests begin where they need to.

use std::slice::from_ref;

use std::collections::BTreeSet;

use exchange::genotypes::{self, Table};
use genetics::{Category, Genotype, LocusSet, Profile, controls};
use journey::accession::Findings;
use journey::actor::Role;
use journey::booking::{BookingRecord, CustodyBasis};
use journey::ids::{
    BookingId, CandidateId, CollectionId, ConfirmationId, KitBarcode, NoticeId, PackageNumber,
    PlateNumber, RemovalId, SpecimenNumber,
};
use journey::notice::Subject;
use journey::removal::Path;
use journey::upload::provenance::Provenance;
use service::accession::{Examine, Examined};
use service::booking::Recorded;
use service::candidate::Each;
use service::collection::{Open, Scan, Seal};
use service::jobs::Round;
use service::kit::Receive as ReceiveKits;
use service::removal::{Ask, DestroySample};
use service::shipment::{Counted, HandOver, Receive};
use service::typing::{Imported, Load, Review};
use service::upload::EnterEvidence;
use service::upload::known::{KeepKnown, KeptKnown};
use service::{Programme, ServiceError};
use store::listing::After;

use crate::ground::{CASEWORK, Ground, SITE, record};

impl Ground {
    pub(crate) fn book(&self, record: &BookingRecord) -> Recorded {
        self.programme.record_booking(&self.by(Role::Collector), record).unwrap()
    }

    pub(crate) fn stock(&self, barcodes: &[&str]) {
        self.stock_of("LOT-1", barcodes);
    }

    pub(crate) fn stock_of(&self, lot: &str, barcodes: &[&str]) {
        let receive = ReceiveKits {
            lot: lot.to_owned(),
            site: SITE.into(),
            expires_on: "2022-01-31".parse().unwrap(),
            barcodes: barcodes.iter().map(|kit| KitBarcode::from(*kit)).collect(),
        };
        self.programme.receive_kits(&self.by(Role::KitClerk), &receive).unwrap();
    }

    pub(crate) fn open(
        &self,
        booking: &BookingId,
        kit: &str,
    ) -> Result<CollectionId, ServiceError> {
        self.open_at(booking, kit, "table 1")
    }

    pub(crate) fn open_at(
        &self,
        booking: &BookingId,
        kit: &str,
        table: &str,
    ) -> Result<CollectionId, ServiceError> {
        let open = Open {
            booking: booking.clone(),
            kit: kit.into(),
            site: SITE.into(),
            table: table.to_owned(),
        };
        self.programme.open_collection(&self.by(Role::Collector), &open)
    }

    pub(crate) fn scan(
        &self,
        collection: &CollectionId,
        device: &str,
        form: &str,
    ) -> Result<(), ServiceError> {
        let scan =
            Scan { collection: collection.clone(), device: device.into(), form: form.into() };
        self.programme.scan_collection(&self.by(Role::Collector), &scan)
    }

    pub(crate) fn seal(
        &self,
        collection: &CollectionId,
        prints_taken: bool,
    ) -> Result<(), ServiceError> {
        let seal = Seal { collection: collection.clone(), seal: "SEAL-1".to_owned(), prints_taken };
        self.programme.seal_collection(&self.by(Role::Collector), &seal)
    }

    /// Opens, scans and seals a kit for the person of a booking.
    pub(crate) fn collect(&self, booking: &BookingId, kit: &str) -> CollectionId {
        let collection = self.open(booking, kit).unwrap();
        self.scan(&collection, kit, kit).unwrap();
        self.seal(&collection, true).unwrap();
        collection
    }

    /// Packs kits, seals the package and hands it over.
    pub(crate) fn send(&self, kits: &[&str]) -> PackageNumber {
        let clerk = self.by(Role::KitClerk);
        let package = self.programme.start_package(&clerk, &SITE.into()).unwrap();
        for kit in kits {
            self.programme.pack_kit(&clerk, &package, &KitBarcode::from(*kit)).unwrap();
        }
        self.programme.seal_package(&clerk, &package, "PS-1").unwrap();
        self.programme.hand_over_package(&clerk, &hand_over(&package)).unwrap();
        package
    }

    /// Counts a package at the laboratory.
    pub(crate) fn count(&self, package: &PackageNumber, found: &[&str]) -> Counted {
        let receive = Receive {
            package: package.clone(),
            found: found.iter().map(|kit| KitBarcode::from(*kit)).collect(),
        };
        self.programme.receive_package(&self.by(Role::Accessioner), &receive).unwrap()
    }

    pub(crate) fn ship(&self, kits: &[&str]) {
        let package = self.send(kits);
        self.count(&package, kits);
    }

    pub(crate) fn examine(
        &self,
        kit: &str,
        spoil: impl Fn(&mut Findings),
    ) -> Result<Examined, ServiceError> {
        let kit = KitBarcode::from(kit);
        let mut findings = Findings::sound(&kit);
        spoil(&mut findings);
        let examine = Examine { kit, findings };
        self.programme.examine_kit(&self.by(Role::Accessioner), &examine)
    }

    /// From an empty shelf to a specimen that waits for a plate; gives its number.
    pub(crate) fn specimen(&self, record: &BookingRecord, kit: &str) -> SpecimenNumber {
        self.stock(&[kit]);
        self.book(record);
        self.collect(&record.booking, kit);
        self.ship(&[kit]);
        self.accept(kit)
    }

    /// Accepts an arrived kit and runs the jobs; gives the specimen number.
    pub(crate) fn accept(&self, kit: &str) -> SpecimenNumber {
        let before: BTreeSet<_> = self.waiting();
        let examined = self.examine(kit, |_| {}).unwrap();
        assert!(matches!(examined, Examined::Accepted { .. }), "{examined:?}");
        assert_eq!(self.jobs(), Round { done: 1, failed: 0 });
        let new: Vec<_> = self.waiting().difference(&before).cloned().collect();
        assert_eq!(new.len(), 1);
        new[0].clone()
    }

    pub(crate) fn waiting(&self) -> BTreeSet<SpecimenNumber> {
        let waiting =
            self.programme.list_waiting(&self.by(Role::Analyst), &After::start(), 1_000).unwrap();
        waiting.into_iter().map(|line| line.specimen).collect()
    }

    pub(crate) fn jobs(&self) -> Round {
        self.jobs_of(&self.programme)
    }

    pub(crate) fn jobs_of(&self, programme: &Programme) -> Round {
        programme.run_jobs(&self.by(Role::Administrator)).unwrap()
    }

    pub(crate) fn load(&self, plate: &str, specimens: &[&SpecimenNumber]) {
        let load = Load {
            plate: plate.into(),
            chemistry: "GlobalFiler Express".to_owned(),
            control: "2800M".to_owned(),
            specimens: specimens.iter().map(|one| (*one).clone()).collect(),
        };
        self.programme.load_plate(&self.by(Role::Analyst), &load).unwrap();
    }

    pub(crate) fn import(
        &self,
        plate: &str,
        samples: &[(&SpecimenNumber, &Profile)],
    ) -> Result<Imported, ServiceError> {
        self.programme.import_run(
            &self.by(Role::Analyst),
            &PlateNumber::from(plate),
            &table(samples),
        )
    }

    pub(crate) fn review(&self, specimen: &SpecimenNumber) -> Result<(), ServiceError> {
        self.programme.review_reading(&self.by(Role::Reviewer), &approve(specimen))
    }

    /// Plate, controls, reading and review.
    pub(crate) fn typed(&self, plate: &str, specimen: &SpecimenNumber, profile: &Profile) {
        self.load(plate, &[specimen]);
        let imported = self.import(plate, &[(specimen, profile)]).unwrap();
        assert_eq!(imported.typed, std::slice::from_ref(specimen), "{imported:?}");
        self.review(specimen).unwrap();
    }

    /// The person of a booking is charged: the sample was taken from a detainee, and is of an
    /// arrestee now.
    pub(crate) fn arrested(&self, n: u32) {
        let mut charged = record(n);
        charged.circumstances.custody_basis = [CustodyBasis::CriminalArrest].into();
        self.programme.amend_booking(&self.by(Role::Collector), &charged).unwrap();
    }

    pub(crate) fn enter(&self, specimen: &SpecimenNumber) -> Result<(), ServiceError> {
        self.programme.enter_person(&self.by(Role::IndexCustodian), specimen)
    }

    pub(crate) fn evidence(&self, specimen: &str, profile: &Profile) -> Result<(), ServiceError> {
        self.programme.enter_evidence(&self.by(Role::CaseworkAnalyst), &evidence(specimen, profile))
    }

    pub(crate) fn keep_known(&self, keep: &KeepKnown) -> Result<KeptKnown, ServiceError> {
        self.programme.keep_known(&self.by(Role::CaseworkAnalyst), keep)
    }

    pub(crate) fn candidates(&self) -> Vec<service::candidate::Listed> {
        let (op, after) = (self.by(Role::CaseworkAnalyst), After::start());
        self.programme.list_candidates(&op, CASEWORK, "", &after, 100).unwrap()
    }

    /// From a person's record and matching evidence to a candidate that was taken.
    pub(crate) fn taken(&self, record: &BookingRecord, kit: &str) -> (SpecimenNumber, CandidateId) {
        let specimen = self.specimen(record, kit);
        self.typed("PL-1", &specimen, &person(1));
        self.enter(&specimen).unwrap();
        self.evidence("EV-1", &person(1)).unwrap();
        self.jobs();
        let candidate = self.candidates()[0].candidate.clone();
        self.programme
            .take_candidates(&self.by(Role::CaseworkAnalyst), from_ref(&candidate))
            .and_then(Each::of_one)
            .unwrap();
        (specimen, candidate)
    }

    pub(crate) fn ask_to_confirm(&self, candidate: &CandidateId) -> ConfirmationId {
        let analyst = self.by(Role::CaseworkAnalyst);
        let confirmation = self.programme.request_confirmation(&analyst, candidate).unwrap();
        assert_eq!(self.jobs().failed, 0);
        confirmation
    }

    /// The four checks, up to the conclusion.
    pub(crate) fn confirm(&self, confirmation: &ConfirmationId, again: &Profile) {
        let reviewer = self.by(Role::Reviewer);
        let p = &self.programme;
        let lawful = p.check_lawful(&reviewer, confirmation).unwrap();
        assert_eq!(lawful.stage, "lawful");
        let retained = lawful.retained.unwrap();
        let listed = p.check_identity(&reviewer, confirmation, true).unwrap();
        assert_eq!(listed.stage, "identified");
        let again = Some((&retained, again));
        let listed = p.retype(&self.by(Role::Analyst), confirmation, again);
        assert_eq!(listed.unwrap().stage, "retyped");
        let listed = p.conclude_confirmation(&reviewer, confirmation).unwrap();
        assert_eq!(listed.stage, "confirmed");
    }

    /// The notice about the name behind a confirmation.
    pub(crate) fn name_notice(&self, confirmation: &ConfirmationId) -> NoticeId {
        let analyst = self.by(Role::CaseworkAnalyst);
        let notices =
            self.programme.list_notices(&analyst, CASEWORK, &After::start(), 100).unwrap();
        let wanted = Subject::NameRelease { confirmation: confirmation.clone() };
        let found = notices.into_iter().find(|line| line.subject == wanted);
        found.unwrap().notice
    }

    pub(crate) fn ask(&self, kit: &str, path: Path) -> Result<RemovalId, ServiceError> {
        let ask = Ask { kit: kit.into(), path };
        self.programme.request_removal(&self.by(Role::PrivacyOfficer), &ask)
    }

    /// Asks for and approves an administrative removal.
    pub(crate) fn approved_removal(&self, kit: &str) -> RemovalId {
        let order = "ORDER-1".to_owned();
        let removal = self.ask(kit, Path::Administrative { order }).unwrap();
        self.programme.approve_removal(&self.by(Role::ProgramManager), &removal).unwrap();
        removal
    }

    pub(crate) fn destroy(&self, removal: &RemovalId) -> Result<(), ServiceError> {
        let destroy = DestroySample {
            removal: removal.clone(),
            method: "device, card, extract and amplified DNA incinerated".to_owned(),
        };
        self.programme.destroy_sample(&self.by(Role::Accessioner), &destroy)
    }

    pub(crate) fn certify(&self, removal: &RemovalId) -> Result<(), ServiceError> {
        self.programme.certify_removal(&self.by(Role::PrivacyOfficer), removal)
    }

    /// A removal from request to certificate.
    pub(crate) fn remove(&self, kit: &str) -> RemovalId {
        let removal = self.approved_removal(kit);
        assert_eq!(self.jobs().failed, 0);
        self.destroy(&removal).unwrap();
        self.certify(&removal).unwrap();
        removal
    }

    pub(crate) fn stage_of_record(&self, specimen: &SpecimenNumber) -> Option<&'static str> {
        let records = self
            .programme
            .list_records(&self.by(Role::IndexCustodian), "", &After::start(), 100)
            .unwrap();
        records.into_iter().find(|line| line.specimen == *specimen).map(|line| line.stage)
    }
}

pub(crate) fn hand_over(package: &PackageNumber) -> HandOver {
    HandOver {
        package: package.clone(),
        carrier: "Carrier".to_owned(),
        tracking: "1Z999".to_owned(),
    }
}

pub(crate) fn approve(specimen: &SpecimenNumber) -> Review {
    Review { specimen: specimen.clone(), returned_because: None }
}

pub(crate) fn evidence(specimen: &str, profile: &Profile) -> EnterEvidence {
    EnterEvidence {
        specimen: specimen.into(),
        category: Category::from_name("Forensic, Unknown").unwrap(),
        laboratory: CASEWORK.into(),
        case: "CASE-1".into(),
        profile: profile.clone(),
        provenance: Provenance::default(),
        made_on: None,
    }
}

/// A victim of the case of [`evidence`].
pub(crate) fn victim(specimen: &str, profile: &Profile) -> KeepKnown {
    KeepKnown {
        specimen: specimen.into(),
        category: Category::VictimKnown,
        laboratory: CASEWORK.into(),
        case: Some("CASE-1".into()),
        profile: profile.clone(),
    }
}

/// The n-th person's profile: 20 loci, unlike that of any other n and of the controls.
pub(crate) fn person(n: usize) -> Profile {
    let typed = LocusSet::core20().iter().enumerate().map(|(place, locus)| {
        let low = 8 + (n * 5 + place * (n + 2)) % 9;
        let high = low + 1 + (n + place) % 4;
        let genotype: Genotype = format!("{low},{high}").parse().unwrap();
        (locus, genotype)
    });
    Profile::from_genotypes(typed).unwrap()
}

/// Two people in one stain.
pub(crate) fn mixed(one: &Profile, other: &Profile) -> Profile {
    let both = one.typed().iter().map(|typed| {
        let there = other.at(typed.locus).unwrap();
        let alleles = typed.genotype.alleles().iter().chain(there.genotype.alleles());
        (typed.locus, Genotype::new(alleles.copied()).unwrap())
    });
    Profile::from_genotypes(both).unwrap()
}

/// A genotype table as software writes it, with a sound positive and a blank negative control.
pub(crate) fn table(samples: &[(&SpecimenNumber, &Profile)]) -> Table {
    let control = controls::profile("2800M").unwrap();
    let mut text = "Sample Name\tMarker\tAllele 1\tAllele 2\n".to_owned();
    let positive = SpecimenNumber::from("2800M");
    for (name, profile) in [&[(&positive, &control)], samples].concat() {
        for typed in profile.typed() {
            let alleles: Vec<_> = typed.genotype.alleles().iter().map(|a| a.to_string()).collect();
            let second = alleles.get(1).map_or("", String::as_str);
            let line = format!("{name}\t{}\t{}\t{second}\n", typed.locus.name(), alleles[0]);
            text.push_str(&line);
        }
    }
    text.push_str("NEG\tTH01\t\t\n");
    genotypes::read_bytes(text.as_bytes()).0
}

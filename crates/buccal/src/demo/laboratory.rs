//! At the laboratories: receive, examine, type, review, enter; work candidates, confirm, tell,
//! remove.

use exchange::genotypes::{self, LongWriter};
use genetics::{Category, Comparison, Level, LocusOutcome, Profile};
use jiff::Timestamp;
use journey::accession::Findings;
use journey::candidate::disposition::Hit;
use journey::ids::{ConfirmationId, KitBarcode, PlateNumber, SpecimenNumber};
use journey::notice::{Purpose, Subject};
use journey::upload::provenance::Provenance;
use service::OpContext;
use service::accession::{Examine, Examined};
use service::candidate::Exclude;
use service::candidate::count::Count;
use service::notice::Listed;
use service::removal::{Ask, DestroySample};
use service::shipment::Receive;
use service::typing::{Load, Review};
use service::upload::EnterEvidence;
use store::listing::After;
use world::laboratory::{CONTROL_GENOTYPE, SPECIMENS_MAX};
use world::{PlateFault, results_of_plate};

use super::cast::casework;
use super::player::{Player, unless_refused};

/// Rows that a station looks at in one evening.
const LIST_MAX: u32 = 2_000;

impl Player<'_> {
    /// Receives what travelled, then examines what arrived or was held.
    pub(super) fn receive(&mut self, when: Timestamp) -> anyhow::Result<()> {
        for package in self.on_the_way(when)? {
            let receive = Receive { package: package.package, found: package.kits };
            self.programme.receive_package(&self.act("accessioner", when), &receive)?;
        }
        for stage in ["held", "arrived"] {
            let op = self.act("accessioner", when);
            let kits = self.programme.list_accessions(&op, stage, &After::start(), LIST_MAX)?;
            for listed in kits {
                self.examine(listed.kit, stage == "held", when)?;
            }
        }
        Ok(())
    }

    fn examine(&mut self, kit: KitBarcode, was_held: bool, when: Timestamp) -> anyhow::Result<()> {
        let place = self.kits.get(&kit).copied();
        let arrival = place.and_then(|place| self.month.bookings.get(place));
        let other = KitBarcode::new(format!("{kit}X"));
        let findings = match arrival {
            // The agency has completed the form by now.
            _ if was_held => Findings::sound(&kit),
            Some(arrival) => arrival.behaviour.laboratory.findings(&kit, &other),
            None => Findings::sound(&kit),
        };
        let op = self.act("accessioner", when);
        let examined = self.programme.examine_kit(&op, &Examine { kit, findings })?;
        if let (Examined::Accepted { .. }, Some(place)) = (examined, place) {
            let specimen = SpecimenNumber::new(format!("S{}", self.cast.ids.last_number()));
            self.tubes.insert(specimen, place);
        }
        Ok(())
    }

    /// Loads what waits, and imports each run as the software wrote it.
    pub(super) fn type_samples(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let op = self.act("analyst", when);
        let waiting = self.programme.list_waiting(&op, &After::start(), LIST_MAX)?;
        let specimens: Vec<_> = waiting.into_iter().map(|waiting| waiting.specimen).collect();
        for specimens in specimens.chunks(SPECIMENS_MAX) {
            self.plates += 1;
            let plate = PlateNumber::new(format!("PLATE-{:04}", self.plates));
            let load = Load {
                plate: plate.clone(),
                chemistry: "GlobalFiler Express".to_owned(),
                control: CONTROL_GENOTYPE.to_owned(),
                specimens: specimens.iter().cloned().collect(),
            };
            self.programme.load_plate(&self.act("analyst", when), &load)?;
            let fault = PlateFault::of_plate(self.plates, specimens);
            let (table, _) = genotypes::read_bytes(&self.run_file(specimens, &fault)?);
            self.programme.import_run(&self.act("analyst", when), &plate, &table)?;
        }
        Ok(())
    }

    /// The file that the analysis software writes for a run.
    fn run_file(
        &self,
        specimens: &[SpecimenNumber],
        fault: &PlateFault,
    ) -> anyhow::Result<Vec<u8>> {
        let named = specimens
            .iter()
            .filter_map(|specimen| Some((specimen.to_string(), self.genotype(specimen)?)));
        let named: Vec<_> = named.collect();
        let mut file = Vec::new();
        let mut writer = LongWriter::new(&mut file, b'\t', 4)?;
        for (name, typed) in results_of_plate(&named, fault) {
            let genotypes = typed.into_iter().filter_map(|(locus, alleles)| {
                Some((locus, genetics::Genotype::new(alleles).ok()?))
            });
            writer.write(&name, &Profile::from_genotypes(genotypes)?)?;
        }
        writer.finish()?;
        Ok(file)
    }

    fn genotype(&self, specimen: &SpecimenNumber) -> Option<&Profile> {
        let arrival = self.month.bookings.get(*self.tubes.get(specimen)?)?;
        self.month.genotypes.get(arrival.true_person)
    }

    /// A second person reviews; a profile with fewer than the loci of its category goes back.
    pub(super) fn review_and_enter(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let start = After::start();
        let reviewer = self.act("reviewer", when);
        for reading in self.programme.list_readings(&reviewer, "typed", &start, LIST_MAX)? {
            let specimen = reading.specimen;
            let (_, profile) = self.programme.view_reading(&reviewer, &specimen)?;
            let core = profile.loci().intersection(genetics::LocusSet::core20());
            let short = core.len() < 20;
            let returned_because = short.then(|| "a core locus has no result".to_owned());
            self.programme.review_reading(&reviewer, &Review { specimen, returned_because })?;
        }
        for specimen in self.reviewed(when)? {
            let custodian = self.act("index-custodian", when);
            unless_refused(self.programme.enter_person(&custodian, &specimen))?;
        }
        Ok(())
    }

    fn reviewed(&mut self, when: Timestamp) -> anyhow::Result<Vec<SpecimenNumber>> {
        let op = self.act("reviewer", when);
        let readings = self.programme.list_readings(&op, "reviewed", &After::start(), LIST_MAX)?;
        let new = readings.into_iter().map(|reading| reading.specimen);
        let new: Vec<_> = new.filter(|specimen| !self.tried.contains(specimen)).collect();
        self.tried.extend(new.iter().cloned());
        Ok(new)
    }

    pub(super) fn evidence_entered(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(evidence) = self.month.evidence.get(place) else {
            return Ok(());
        };
        let enter = EnterEvidence {
            specimen: evidence.specimen.clone(),
            category: evidence.category,
            laboratory: evidence.laboratory.clone(),
            case: evidence.case.clone(),
            profile: evidence.profile.clone(),
            provenance: Provenance::default(),
            made_on: None,
        };
        let analyst = casework(evidence.laboratory.as_str());
        unless_refused(self.programme.enter_evidence(&self.act(&analyst, when), &enter))?;
        Ok(())
    }

    /// Each casework laboratory looks at its new candidates, locus by locus. A complete
    /// single-source profile that is not equal at every locus excludes the person.
    pub(super) fn casework(&mut self, when: Timestamp) -> anyhow::Result<()> {
        for laboratory in &self.month.laboratories {
            let ori = laboratory.ori.as_str();
            let op = self.act(&casework(ori), when);
            let start = After::start();
            for listed in self.programme.list_candidates(&op, ori, "new", &start, LIST_MAX)? {
                // Pairs of evidence wait for their two laboratories.
                let Some(found) = listed.found.filter(|found| found.record_is_person) else {
                    continue;
                };
                let candidate = listed.candidate;
                self.programme.take_candidates(&op, std::slice::from_ref(&candidate))?.of_one()?;
                let explained = self.programme.view_candidate(&op, &candidate)?;
                if let Some(why) = self.exclusion(&found.evidence, &explained.comparison) {
                    let exclude = Exclude { candidates: vec![candidate], why };
                    self.programme.exclude_candidates(&op, &exclude)?;
                } else {
                    self.programme.request_confirmation(&op, &candidate)?;
                }
            }
        }
        Ok(())
    }

    /// What came of the confirmed ones is counted by the laboratory of the case.
    pub(super) fn hits_counted(&mut self, when: Timestamp) -> anyhow::Result<()> {
        for laboratory in &self.month.laboratories {
            let ori = laboratory.ori.as_str();
            let op = self.act(&casework(ori), when);
            let start = After::start();
            let lines = self.programme.list_candidates(&op, ori, "confirmed", &start, LIST_MAX)?;
            for line in lines {
                let evidence = line.found.map(|found| found.evidence);
                let known = self.month.evidence.iter();
                let case = known.filter(|it| Some(&it.specimen) == evidence.as_ref());
                let aided = case.map(|it| it.case.clone()).collect();
                let count = Count { candidate: line.candidate, hit: Hit::OffenderHit, aided };
                self.programme.count_candidate(&op, &count)?;
            }
        }
        Ok(())
    }

    fn exclusion(&self, evidence: &SpecimenNumber, comparison: &Comparison) -> Option<String> {
        let known = self.month.evidence.iter().find(|known| known.specimen == *evidence)?;
        let single = known.category == Category::ForensicUnknown;
        let differs = comparison.loci.iter().find(|locus| {
            let compared = locus.outcome != LocusOutcome::NotCompared;
            compared && locus.outcome != LocusOutcome::Match(Level::High)
        });
        let mismatch = comparison.mismatching() > 0;
        differs
            .filter(|_| single || mismatch)
            .map(|locus| format!("single source or mismatch: the two differ at {}", locus.locus))
    }

    /// The database laboratory confirms: law, identity, the retained sample again, a second person.
    pub(super) fn confirm(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let reviewer = self.act("reviewer", when);
        let analyst = self.act("analyst", when);
        let open =
            self.programme.list_confirmations(&reviewer, "requested", &After::start(), LIST_MAX)?;
        for listed in open {
            let id: ConfirmationId = listed.confirmation;
            let lawful = self.programme.check_lawful(&reviewer, &id)?;
            if lawful.stage == "refuted" {
                continue;
            }
            self.programme.check_identity(&reviewer, &id, true)?;
            let again = lawful.retained.as_ref().zip(self.genotype(&listed.specimen));
            if self.programme.retype(&analyst, &id, again)?.stage == "retyped" {
                self.programme.conclude_confirmation(&reviewer, &id)?;
            }
        }
        Ok(())
    }

    /// Notices are delivered; the laboratory of a case reads the name for its purpose and tells the
    /// investigators; the agency reads of which sample a hit is.
    pub(super) fn notices(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let manager = self.act("program-manager", when);
        for listed in self.programme.list_notices(&manager, "", &After::start(), LIST_MAX)? {
            self.notice(&manager, &listed, when)?;
        }
        Ok(())
    }

    fn notice(
        &self,
        manager: &OpContext<'_>,
        listed: &Listed,
        when: Timestamp,
    ) -> anyhow::Result<()> {
        let (id, to) = (&listed.notice, &listed.to);
        let receiver = match to == self.programme.laboratory() {
            true => "reviewer".to_owned(),
            false => casework(to.as_str()),
        };
        let receiver = self.act(&receiver, when);
        match &listed.subject {
            subject if subject.is_between_laboratories() => {
                self.programme.acknowledge_notice(&receiver, id)?;
            }
            _ if listed.stage != "due" => {}
            Subject::NameRelease { .. } => {
                let purpose = Some(Purpose::LawEnforcementIdentification);
                let released = self.programme.release_name(&receiver, id, to, purpose);
                if unless_refused(released)?.is_some() {
                    self.programme.acknowledge_notice(&receiver, id)?;
                }
            }
            Subject::Investigators { .. } => self.programme.pass_on_notice(&receiver, id)?,
            Subject::Hit { .. } => {
                drop(unless_refused(self.programme.read_hit(manager, id))?);
            }
            _ => self.programme.deliver_notice(manager, id)?,
        }
        Ok(())
    }

    pub(super) fn removal_asked(&mut self, place: usize, when: Timestamp) -> anyhow::Result<()> {
        let Some(arrival) = self.month.bookings.get(place) else {
            return Ok(());
        };
        let (Some(removal), Some(kit)) = (&arrival.removal, self.sealed.get(&place)) else {
            return Ok(());
        };
        if let Some(record) = &removal.record {
            self.programme.amend_booking(&self.act("collector", when), record)?;
        }
        let ask = Ask { kit: kit.clone(), path: removal.path.clone() };
        let asked = self.programme.request_removal(&self.act("privacy-officer", when), &ask);
        unless_refused(asked)?;
        Ok(())
    }

    /// Requested removals are approved by a second person, carried out, and certified.
    pub(super) fn removals(&mut self, when: Timestamp) -> anyhow::Result<()> {
        let manager = self.act("program-manager", when);
        let start = After::start();
        for listed in self.programme.list_removals(&manager, "requested", &start, LIST_MAX)? {
            self.programme.approve_removal(&manager, &listed.removal)?;
        }
        let round = self.programme.run_jobs(&manager)?;
        anyhow::ensure!(round.failed == 0, "a removal's step across the wall failed");
        for listed in self.programme.list_removals(&manager, "approved", &start, LIST_MAX)? {
            let removal = listed.removal;
            // A person's other sample can keep a removal open.
            if listed.done.contains(&"physical_sample") {
                continue;
            }
            let method = "device, punch, extract and plate wells incinerated".to_owned();
            let destroy = DestroySample { removal: removal.clone(), method };
            self.programme.destroy_sample(&self.act("accessioner", when), &destroy)?;
            let officer = self.act("privacy-officer", when);
            unless_refused(self.programme.certify_removal(&officer, &removal))?;
        }
        Ok(())
    }
}

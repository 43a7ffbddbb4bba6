//! One booking after the other through the state machines, with a judge beside every step.
//!
//! What a service would do between the steps is done here by hand: deciding again after a change,
//! asking once more before the seal, orders that follow the person. Deliberately absent: chance in
//! facts, which is in `chance`; the judge, which is [`crate::law`].

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use journey::actor::Stamp;
use journey::booking::{self, BookingRecord, Disposition, NotCollected};
use journey::collection::{self, Abandonment};
use journey::duty;
use journey::eligibility::{self, Eligible, Facts, Finding, Outcome};
use journey::ids::{BookingId, CollectionId, KitBarcode, PersonId};
use journey::kit::{self, UsableKit, Withdrawal};
use journey::refusal::{Misapplied, Refusal, RefusalCode};
use journey::rules::RuleBook;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::chance::{self, Truth};
use super::{Offender, Step, Tally};
use crate::law::{self, Told};

/// Bookings of a few persons, and what came of them.
pub(super) struct Family<'b> {
    book: &'b RuleBook,
    rng: ChaCha8Rng,
    told: bool,
    pub(super) tally: Tally,
    pub(super) offender: Option<Offender>,
}

struct Person {
    id: PersonId,
    truth: Truth,
    orders: Vec<duty::Stage>,
    /// Until when they were in custody last.
    until: Timestamp,
}

impl<'b> Family<'b> {
    pub(super) fn new(book: &'b RuleBook, rng: ChaCha8Rng, told: bool) -> Self {
        Self { book, rng, told, tally: Tally::default(), offender: None }
    }

    pub(super) fn live(&mut self, bookings: Range<u64>) {
        let mut known: Option<Person> = None;
        for number in bookings {
            let mut person = match known.take() {
                Some(person) if self.rng.random_bool(0.35) => {
                    let hours = self.rng.random_range(24..8000);
                    Person { until: person.until + SignedDuration::from_hours(hours), ..person }
                }
                _ => self.stranger(number),
            };
            let mut life = Life::new(self, &mut person, number);
            life.live();
            let (offences, story) = (life.offences, life.story);
            if !offences.is_empty() && self.offender.is_none() {
                self.offender = Some(Offender { booking: number, offences, life: story });
            }
            known = Some(person);
        }
    }

    fn stranger(&mut self, number: u64) -> Person {
        self.tally.persons += 1;
        let (until, truth) = chance::stranger(&mut self.rng);
        Person { id: PersonId::new(format!("P{number}")), truth, orders: Vec::new(), until }
    }
}

/// One booking on its way.
struct Life<'f, 'b> {
    family: &'f mut Family<'b>,
    person: &'f mut Person,
    at: Timestamp,
    record: BookingRecord,
    booking: Option<booking::Stage>,
    decided: Option<eligibility::Stage>,
    /// What the plain law says of the facts of the decision that stands.
    told: Told,
    decisions: u64,
    kits: u64,
    disposed: u64,
    offences: Vec<String>,
    story: Vec<Step>,
}

/// Decides and applies in one; what cannot be applied is told as a refusal that nobody expects.
fn step<S: Clone, C, E>(
    stage: &mut Option<S>,
    decide: fn(Option<&S>, C) -> Result<E, Refusal>,
    apply: fn(Option<S>, &E) -> Result<S, Misapplied>,
    command: C,
) -> Result<(), Refusal> {
    let event = decide(stage.as_ref(), command)?;
    let next = apply(stage.clone(), &event)
        .map_err(|bug| RefusalCode::WrongStage.about(bug.to_string()))?;
    *stage = Some(next);
    Ok(())
}

impl<'f, 'b> Life<'f, 'b> {
    fn new(family: &'f mut Family<'b>, person: &'f mut Person, number: u64) -> Self {
        let at = person.until;
        let booking = BookingId::new(format!("B{number}"));
        let record = chance::record(booking, at, &person.truth, &mut family.rng);
        Self {
            family,
            person,
            at,
            record,
            booking: None,
            decided: None,
            told: Told::NO_AUTHORITY,
            decisions: 0,
            kits: 0,
            disposed: 0,
            offences: Vec::new(),
            story: Vec::new(),
        }
    }

    fn live(&mut self) {
        self.family.tally.bookings += 1;
        self.book();
        for _ in 0..self.roll(0..5) {
            match self.roll(0..100) {
                0..45 => self.change(),
                45..70 => self.wait(0..2400),
                70..80 => self.decide(),
                _ => self.collect(),
            }
            if self.disposed > 0 {
                break;
            }
        }
        for _ in 0..3 {
            if self.disposed == 0 && self.told.may_take() && self.roll(0..100) < 85 {
                self.collect();
            }
        }
        if self.disposed == 0 {
            self.close(NotCollected::ReleasedFirst);
        }
        if self.roll(0..100) < 5 {
            self.wait(0..200);
            self.change();
            self.close_again();
        }
        self.person.until = self.at;
        self.account();
    }

    fn book(&mut self) {
        let circumstances = Box::new(self.record.circumstances.clone());
        let command = booking::Command::Book {
            person: self.person.id.clone(),
            circumstances,
            digest: String::new(),
        };
        let booked = step(&mut self.booking, booking::decide, booking::apply, command);
        let record = format!("{:?}, born {:?}", self.record, self.record.person.date_of_birth);
        self.tell(|| format!("booked: {record}"));
        self.expect(booked, &[]);
        self.decide();
    }

    /// A fact changes, and the booking is decided again.
    fn change(&mut self) {
        let rng = &mut self.family.rng;
        let Some(word) = chance::change(&self.person.truth, &mut self.record, rng) else {
            return;
        };
        *self.family.tally.changes.entry(word).or_default() += 1;
        self.tell(|| word.to_owned());
        let command = booking::Command::Amend { digest: String::new() };
        let amended = step(&mut self.booking, booking::decide, booking::apply, command);
        self.expect(amended, &[]);
        self.decide();
    }

    fn wait(&mut self, minutes: Range<i64>) {
        let minutes = self.roll(minutes);
        self.at += SignedDuration::from_mins(minutes);
    }

    /// Decides, and judges the decision.
    fn decide(&mut self) {
        let again = self.person.orders.iter().any(|order| matches!(order, duty::Stage::Open(_)));
        let facts = self.family.book.facts(&self.record, self.at, None, again);
        let Ok(finding) = self.family.book.find(&facts, None) else {
            return self.differs("the rule book gave no answer");
        };
        self.judge(&facts, &finding, again);
        self.replay(&facts, &finding);
        let command = eligibility::Command::Decide {
            id: format!("D{}", self.decisions).as_str().into(),
            booking: self.record.booking.clone(),
            person: self.person.id.clone(),
            finding,
            facts_digest: String::new(),
            at: self.at,
            law_until: self.family.book.law_until(&facts),
        };
        let decided = step(&mut self.decided, eligibility::decide, eligibility::apply, command);
        self.expect(decided, &[]);
    }

    fn judge(&mut self, facts: &Facts, finding: &Finding, again: bool) {
        let plain = self.plain_facts(again);
        let told = law::judge_in_force(&plain);
        let law = law::in_force(&plain.circumstances.component, plain.decided_on);
        let tally = &mut self.family.tally;
        tally.decisions += 1;
        tally.re_decisions += u64::from(self.decisions > 0);
        *tally.outcomes.entry(finding.outcome.word()).or_default() += 1;
        self.decisions += 1;
        self.told = told;
        let written = || {
            let ids: Vec<_> = finding.reasons.iter().map(|reason| &reason.id).collect();
            let Finding { outcome, category, missing, rule_set, .. } = finding;
            format!("{outcome:?} {category:?} {ids:?} {missing:?} by {rule_set}")
        };
        self.tell(|| format!("decided: {}", written()));
        let same = plain == *facts
            && finding.rule_set == law.map_or("none", |law| law.set)
            && (finding.outcome, finding.category) == (told.outcome, told.category)
            && finding.reasons.first().is_some_and(|reason| reason.id == told.reason)
            && finding.missing.first().map(String::as_str) == told.missing;
        if !same {
            let plain = format!("the plain law says {told:?} by {law:?} of {plain:?}");
            self.differs(&format!("{} of {facts:?}; {plain}", written()));
        }
    }

    /// The facts as the plain law reads them from the record at this instant.
    fn plain_facts(&self, recollection_open: bool) -> Facts {
        let decided_on = law::day(&self.record, self.at);
        Facts {
            circumstances: self.record.circumstances.clone(),
            decided_on,
            age_years: self.record.person.date_of_birth.map(|born| law::age(born, decided_on)),
            recollection_open,
            infeasible: false,
            set_aside: BTreeSet::new(),
            told: None,
        }
    }

    /// Asks the same again of the facts as they would be kept.
    fn replay(&mut self, facts: &Facts, finding: &Finding) {
        let kept = serde_json::to_string(facts).unwrap_or_default();
        let replayed = serde_json::from_str::<Facts>(&kept)
            .ok()
            .and_then(|facts| self.family.book.find_as(&facts, &finding.rule_set).ok());
        if replayed.as_ref() == Some(finding) {
            self.family.tally.replays_equal += 1;
        } else {
            self.family.tally.replays_different += 1;
            self.offends(format!("a replay of {kept} gives {replayed:?}, not {finding:?}"));
        }
    }

    /// Tries to take a sample, as far as the state machines let it come.
    fn collect(&mut self) {
        let eligible = match Eligible::check(self.decided.as_ref(), self.at) {
            Ok(eligible) => eligible,
            Err(refusal) => {
                let expired = refusal.code == RefusalCode::DecisionExpired;
                self.expect(
                    Err(refusal),
                    &[RefusalCode::NotEligible, RefusalCode::DecisionExpired],
                );
                return if expired {
                    self.decide()
                };
            }
        };
        match chance::at_table(&mut self.family.rng) {
            Some(NotCollected::KitOut) => self.without_kit(),
            Some(why) => self.close(why),
            None => self.sample(eligible),
        }
    }

    /// A kit of another site, or one past its day, is no kit.
    fn without_kit(&mut self) {
        let (here, today) =
            (self.record.circumstances.site.clone(), law::day(&self.record, self.at));
        let old = self.roll(0..2) == 0;
        let issued = kit::Issued {
            lot: "LOT-1".to_owned(),
            site: if old { here.clone() } else { "elsewhere".into() },
            expires_on: if old { today.saturating_sub(jiff::Span::new().days(1)) } else { today },
        };
        let stage = kit::Stage::InStock(issued);
        let usable = UsableKit::check(&"K-0".into(), Some(&stage), &here, today);
        self.expect(usable.map(drop), &[RefusalCode::KitExpired, RefusalCode::KitElsewhere]);
        self.close(NotCollected::KitOut);
    }

    fn sample(&mut self, eligible: Eligible) {
        let (opened_at, opened_on) = (self.at, law::day(&self.record, self.at));
        self.lawful(opened_on, "opened");
        let mut sample = match self.open(eligible) {
            Ok(sample) => sample,
            Err(refusal) => return self.expect(Err(refusal), &[]),
        };
        if self.roll(0..100) < 3 {
            let wrong = sample.step(collection::Command::Scan {
                device: sample.barcode.clone(),
                form: "K-another".into(),
            });
            self.expect(wrong, &[RefusalCode::BarcodeMismatch]);
            return self.give_up(sample, Abandonment::BarcodeMismatch);
        }
        let (device, form) = (sample.barcode.clone(), sample.barcode.clone());
        let scanned = sample.step(collection::Command::Scan { device, form });
        self.expect(scanned, &[]);
        let minutes = if self.roll(0..100) < 3 { 0..1800 } else { 2..20 };
        self.wait(minutes);
        if self.roll(0..100) < 10 {
            self.change();
        }
        // The service asks the same before it seals.
        if let Err(refusal) = Eligible::check(self.decided.as_ref(), opened_at) {
            self.expect(Err(refusal), &[RefusalCode::NotEligible]);
            return self.give_up(sample, Abandonment::ReleasedFirst);
        }
        if self.roll(0..100) < 2 {
            let early = sample.seal(self.at, false);
            self.expect(early, &[RefusalCode::PrintsMissing]);
        }
        let sealed = sample.seal(self.at, true);
        self.expect(sealed, &[]);
        self.lawful(opened_on, "sealed");
        self.family.tally.collections += 1;
        self.satisfy(&sample.id);
        self.dispose(Disposition::Collected { collection: sample.id });
        if self.roll(0..100) < 6 {
            self.order("rejected by the laboratory");
        }
    }

    fn open(&mut self, eligible: Eligible) -> Result<Sample, Refusal> {
        self.kits += 1;
        let number = format!("{}-{}", self.record.booking, self.kits);
        let site = self.record.circumstances.site.clone();
        let today = law::day(&self.record, self.at);
        let issued = kit::Issued { lot: "LOT-1".to_owned(), site: site.clone(), expires_on: today };
        let mut sample = Sample {
            id: CollectionId::new(format!("C{number}")),
            barcode: KitBarcode::new(format!("K{number}")),
            kit: None,
            stage: None,
        };
        sample.kit(kit::Command::Receive(issued))?;
        let usable = UsableKit::check(&sample.barcode, sample.kit.as_ref(), &site, today)?;
        sample.step(collection::Command::Open {
            eligible,
            kit: usable.clone(),
            site,
            table: "1".to_owned(),
            table_has_open: None,
            stamp: stamp(self.at),
        })?;
        sample.kit(kit::Command::Open { usable, collection: sample.id.clone() })?;
        self.tell(|| "kit opened".to_owned());
        Ok(sample)
    }

    fn give_up(&mut self, mut sample: Sample, why: Abandonment) {
        self.family.tally.given_up += 1;
        let given_up = sample
            .step(collection::Command::Abandon(why))
            .and_then(|()| sample.kit(kit::Command::Withdraw(Withdrawal::Void)));
        self.expect(given_up, &[]);
        self.tell(|| format!("given up: {}", why.word()));
    }

    /// Whether the plain law allows the sample, by the facts of now, on the day on which the kit
    /// was opened or today.
    fn lawful(&mut self, opened_on: jiff::civil::Date, word: &'static str) {
        self.tell(|| format!("sample {word}"));
        let today = self.plain_facts(false);
        let before = Facts {
            decided_on: opened_on,
            age_years: self.record.person.date_of_birth.map(|born| law::age(born, opened_on)),
            ..today.clone()
        };
        if !law::judge_in_force(&today).may_take() && !law::judge_in_force(&before).may_take() {
            self.family.tally.unlawful += 1;
            let told = law::judge_in_force(&today);
            self.offends(format!("a sample was {word} and the plain law says {told:?}"));
        }
    }

    /// Accounts for the booking from what stands, as a service does: a sample that is due and was
    /// not taken stays due.
    fn close(&mut self, why: NotCollected) {
        let Some(eligibility::Stage::Decided(decision)) = &self.decided else {
            return;
        };
        let how = Disposition::without_sample(&decision.finding, Some(why));
        let missed = matches!(how, Some(Disposition::DueNotCollected { .. }));
        how.into_iter().for_each(|how| self.dispose(how));
        if missed {
            self.order(why.word());
        }
    }

    fn dispose(&mut self, how: Disposition) {
        let told = self.told;
        let fits = match &how {
            Disposition::Collected { .. } => told.may_take(),
            Disposition::NotToBeCollected { reason } => {
                told.outcome == Outcome::DoNotCollect && reason == told.reason
            }
            Disposition::Skipped { reason } => {
                told.outcome == Outcome::MaySkip && reason == told.reason
            }
            Disposition::DueNotCollected { .. } => told.outcome == Outcome::Collect,
            Disposition::Unresolved { missing } => {
                told.outcome == Outcome::Defer && Some(missing.as_str()) == told.missing
            }
        };
        if !fits {
            self.undisposed(format!("{how:?} where the plain law says {told:?}"));
        }
        let word = how.word();
        self.tell(|| format!("accounted for: {how:?}"));
        let command = booking::Command::Dispose(how);
        let disposed = step(&mut self.booking, booking::decide, booking::apply, command);
        self.disposed += u64::from(disposed.is_ok());
        *self.family.tally.dispositions.entry(word).or_default() += u64::from(disposed.is_ok());
        self.expect(disposed, &[]);
    }

    /// A booking is accounted for once, whatever is found out later.
    fn close_again(&mut self) {
        let how = Disposition::Skipped { reason: String::new() };
        let command = booking::Command::Dispose(how);
        let disposed = step(&mut self.booking, booking::decide, booking::apply, command);
        self.disposed += u64::from(disposed.is_ok());
        self.expect(disposed, &[RefusalCode::BookingAccountedFor]);
    }

    fn account(&mut self) {
        if self.disposed != 1 || !matches!(self.booking, Some(booking::Stage::Disposed(_))) {
            self.undisposed(format!(
                "{} dispositions, and it is {:?}",
                self.disposed, self.booking
            ));
        }
    }

    /// Opens an order to collect again, unless one is open.
    fn order(&mut self, because: &str) {
        if self.person.orders.iter().any(|order| matches!(order, duty::Stage::Open(_))) {
            return;
        }
        let because = because.to_owned();
        let open = duty::Open {
            person: self.person.id.clone(),
            because,
            site: Some(self.record.circumstances.site.clone()),
            since: self.at,
        };
        let mut order = None;
        let opened = step(&mut order, duty::decide, duty::apply, duty::Event::Opened(open));
        self.person.orders.extend(order);
        self.family.tally.orders_opened += 1;
        self.tell(|| "ordered to be collected again".to_owned());
        self.expect(opened, &[]);
    }

    fn satisfy(&mut self, by: &CollectionId) {
        for place in 0..self.person.orders.len() {
            let Some(order) = self.person.orders.get_mut(place) else { continue };
            if !matches!(order, duty::Stage::Open(_)) {
                continue;
            }
            let mut stage = Some(order.clone());
            let event = duty::Event::Satisfied { by: by.clone() };
            let satisfied = step(&mut stage, duty::decide, duty::apply, event);
            if let Some(stage) = stage {
                *order = stage;
            }
            self.family.tally.orders_satisfied += 1;
            self.expect(satisfied, &[]);
        }
    }

    /// Counts a refusal; one that nobody expects leaves the booking without what it needed.
    fn expect(&mut self, result: Result<(), Refusal>, expected: &[RefusalCode]) {
        let Err(refusal) = result else { return };
        *self.family.tally.refusals.entry(refusal.code.code()).or_default() += 1;
        self.tell(|| format!("refused: {refusal}"));
        if !expected.contains(&refusal.code) {
            self.undisposed(format!("an unexpected refusal: {refusal}"));
        }
    }

    fn differs(&mut self, what: &str) {
        self.family.tally.differing += 1;
        self.offends(format!("a decision differs: {what}"));
    }

    fn undisposed(&mut self, what: impl Display) {
        self.family.tally.without_disposition += 1;
        self.offends(format!("the disposition: {what}"));
    }

    fn offends(&mut self, what: String) {
        self.offences.push(what);
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.family.told {
            self.story.push(Step { at: self.at, what: what() });
        }
    }

    fn roll(&mut self, range: Range<i64>) -> i64 {
        self.family.rng.random_range(range)
    }
}

/// A kit in use and the collection that uses it.
struct Sample {
    id: CollectionId,
    barcode: KitBarcode,
    kit: Option<kit::Stage>,
    stage: Option<collection::Stage>,
}

impl Sample {
    fn step(&mut self, command: collection::Command) -> Result<(), Refusal> {
        step(&mut self.stage, collection::decide, collection::apply, command)
    }

    fn kit(&mut self, command: kit::Command) -> Result<(), Refusal> {
        step(&mut self.kit, kit::decide, kit::apply, command)
    }

    fn seal(&mut self, at: Timestamp, prints_taken: bool) -> Result<(), Refusal> {
        let (seal, decision) = ("S-1".to_owned(), "D-1".into());
        let stamp = stamp(at);
        let command = collection::Command::Seal { seal, prints_taken, decision, stamp };
        self.step(command)?;
        self.kit(kit::Command::Use)
    }
}

fn stamp(at: Timestamp) -> Stamp {
    Stamp { at, by: "collector".into() }
}

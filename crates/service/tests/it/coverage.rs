//! Who was due and who was sampled: every booking in exactly one place of each sum, every figure
//! twice the same, and a sample that should not have been taken is seen.

use std::collections::BTreeMap;

use journey::actor::Role;
use journey::booking::{BirthConfidence, BookingRecord, Citizenship, NotCollected, OnFile};
use journey::coverage::{Coverage, Doubt, Filter, Level};
use journey::eligibility::Facts;
use journey::ids::{BookingId, PersonId};
use proptest::prelude::*;
use service::audit::Side;
use service::booking::Close;
use service::recount::Recount;
use store::envelope::{self, Place};
use store::keys::Keys;
use store::{StoreError, values};

use crate::ground::{Ground, on_both, record};

fn close(ground: &Ground, n: u32, why: Option<NotCollected>) {
    let close = Close { booking: record(n).booking, why };
    ground.programme.close_booking(&ground.by(Role::Collector), &close).unwrap();
}

fn coverage(ground: &Ground, filter: &Filter) -> Coverage {
    ground.programme.coverage(&ground.by(Role::Auditor), filter).unwrap()
}

fn recount(ground: &Ground) -> Recount {
    ground.programme.recount(&ground.by(Role::Auditor)).unwrap()
}

fn change(ground: &Ground, sql: &str) {
    let changed = ground.database(Side::Custody).write(|tx| tx.execute(sql, &[]));
    assert_eq!(changed.map_err(|error: StoreError| error.to_string()).unwrap(), 1, "{sql}");
}

fn child(n: u32) -> BookingRecord {
    let mut child = record(n);
    child.person.date_of_birth = Some("2019-01-01".parse().unwrap());
    child
}

fn on_file(n: u32) -> BookingRecord {
    let mut known = record(n);
    known.circumstances.on_file = OnFile::Present;
    known
}

fn ageless(n: u32) -> BookingRecord {
    let mut unknown = record(n);
    unknown.person.date_of_birth = None;
    unknown.circumstances.date_of_birth_confidence = BirthConfidence::Unknown;
    unknown
}

fn again(n: u32, person: u32) -> BookingRecord {
    let mut again = record(n);
    again.person = record(person).person;
    again.circumstances.booked_at = "2020-06-09T15:00:00Z".parse().unwrap();
    again
}

/// Bookings with every disposition, and open ones.
fn prepare(ground: &Ground) {
    ground.stock(&["K-1", "K-2", "K-3"]);
    ground.book(&record(1));
    ground.collect(&record(1).booking, "K-1");
    ground.book(&record(2));
    close(ground, 2, Some(NotCollected::KitOut));
    ground.book(&child(3));
    close(ground, 3, None);
    ground.book(&on_file(4));
    close(ground, 4, None);
    ground.book(&ageless(5));
    close(ground, 5, None);
    ground.book(&record(6));
    ground.book(&again(7, 2));
    close(ground, 7, Some(NotCollected::Refused));
    ground.book(&on_file(8));
    ground.collect(&record(8).booking, "K-2");
    ground.pass(7_200);
}

#[test]
fn every_booking_is_in_one_place_of_each_sum() {
    on_both(|ground| {
        prepare(ground);
        let report = coverage(ground, &Filter::default());
        let total = report.total().unwrap();
        let expected = [
            ("bookings", 8),
            ("persons", 7),
            ("persons_sampled", 2),
            ("samples", 2),
            ("due", 4),
            ("sampled", 1),
            ("may_skip", 2),
            ("excluded", 1),
            ("deferred", 1),
            ("undecided", 0),
            ("collected", 2),
            ("not_to_be_collected", 1),
            ("skipped", 1),
            ("due_not_collected", 2),
            ("unresolved", 1),
            ("open", 1),
            ("no_kit", 1),
            ("released_first", 0),
            ("refused", 1),
            ("medical", 0),
            ("transferred", 0),
        ];
        assert_eq!(total.figures.counts(), expected);
        assert_eq!(total.figures.oldest_open_hours, Some(3));
        assert_eq!(total.sampled_percent, "25.0");
        let weeks: Vec<_> = report.rows.iter().filter(|row| row.level == Level::Week).collect();
        let weeks: Vec<_> = weeks.iter().map(|row| (&*row.week, row.figures.bookings)).collect();
        assert_eq!(weeks, [("2020-W23", 7), ("2020-W24", 1)]);
        let sum: u64 = report.reasons.iter().map(|reason| reason.bookings).sum();
        assert_eq!(sum, total.figures.bookings);
        let no: Vec<_> =
            report.reasons.iter().filter(|it| it.disposition == "not_to_be_collected").collect();
        assert_eq!((&*no[0].reason, no[0].bookings, no[0].persons), ("UNDER_14", 1, 1));
        let again = recount(ground);
        assert_eq!(again.different, 0, "{:?}", again.figures);
    });
}

#[test]
fn kits_that_lacked_open_bookings_and_repeated_contacts_are_named() {
    on_both(|ground| {
        prepare(ground);
        let report = coverage(ground, &Filter::default());
        let kits = &report.kits[0];
        let counted = (&*kits.site, kits.bookings_without_kit, kits.kits_in_stock);
        assert_eq!(counted, ("Dallas", 1, 1));
        let open = &report.open[0];
        assert_eq!((open.booking.as_str(), &*open.owner), ("B-6", "ICE-ERO at Dallas"));
        let repeat = &report.repeats[0];
        let bookings: Vec<_> = repeat.bookings.iter().map(BookingId::as_str).collect();
        assert_eq!(
            (bookings, repeat.bookings_due, repeat.duty_open),
            (vec!["B-2", "B-7"], 2, true)
        );
        assert_eq!(report.repeats.len(), 1);
        // A sample at last ends it.
        ground.book(&again(9, 2));
        ground.collect(&record(9).booking, "K-3");
        assert!(coverage(ground, &Filter::default()).repeats.is_empty());
        assert_eq!(recount(ground).different, 0);
    });
}

#[test]
fn a_filter_takes_days_of_the_site_and_places() {
    on_both(|ground| {
        let mut late = record(1);
        // Still 31 May in Dallas.
        late.circumstances.booked_at = "2020-06-01T04:00:00Z".parse().unwrap();
        ground.book(&late);
        ground.book(&record(2));
        let bookings = |filter: Filter| coverage(ground, &filter).total().unwrap().figures.bookings;
        let (may, june) = ("2020-05-31".parse().unwrap(), "2020-06-01".parse().unwrap());
        assert_eq!(bookings(Filter { to: Some(may), ..Filter::default() }), 1);
        assert_eq!(bookings(Filter { from: Some(june), ..Filter::default() }), 1);
        let site = |site: &str| Filter { site: Some(site.to_owned()), ..Filter::default() };
        assert_eq!(bookings(site("Dallas")), 2);
        assert_eq!(bookings(site("Houston")), 0);
        let component = Some("CBP-USBP".to_owned());
        assert_eq!(bookings(Filter { component, ..Filter::default() }), 0);
    });
}

#[test]
fn a_row_that_was_changed_past_the_record_is_seen() {
    on_both(|ground| {
        prepare(ground);
        change(
            ground,
            "UPDATE booking SET state = REPLACE(state, 'no_kit', 'medical') \
                        WHERE id = 'B-2'",
        );
        change(ground, "DELETE FROM kit WHERE id = 'K-3'");
        let seen = recount(ground);
        let different: BTreeMap<_, _> = seen
            .figures
            .iter()
            .filter(|it| !it.equal)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|it| (&*it.figure, (it.events, it.rows)))
            .collect();
        assert_eq!(seen.different, different.len());
        assert_eq!(different["coverage total: no_kit"], (1, Some(0)));
        assert_eq!(different["coverage total: medical"], (0, Some(1)));
        assert_eq!(different["summary: kits"], (3, Some(2)));
        assert_eq!(different["kits Dallas: kits_in_stock"], (1, Some(0)));
        assert!(!different.contains_key("coverage total: bookings"));
    });
}

#[test]
fn no_sample_of_a_minor_and_one_that_was_planted() {
    on_both(|ground| {
        prepare(ground);
        let officer = ground.by(Role::PrivacyOfficer);
        let none = ground.programme.minors_and_citizens(&officer).unwrap();
        assert!(none.says.starts_with("None: "), "{}", none.says);
        assert_eq!((none.samples, none.facts_opened, none.doubtful.len()), (2, 2, 0));
        assert_eq!(ground.events(Side::Custody, "report", "facts_looked_at").len(), 1);

        plant(ground, &record(1).booking, |facts| {
            facts.age_years = Some(13);
            facts.circumstances.citizenship = Citizenship::Citizen;
        });
        let seen = ground.programme.minors_and_citizens(&officer).unwrap();
        let line = &seen.doubtful[0];
        assert_eq!((seen.doubtful.len(), line.booking.as_str()), (1, "B-1"));
        assert_eq!(line.doubts, [Doubt::Under14, Doubt::CitizenWithoutCriminalBasis]);
        let trail: Vec<_> = line.trail.iter().map(|step| &*step.what).collect();
        let way = ["booking booked", "eligibility decided", "collection opened"];
        assert_eq!(trail[..3], way);
        assert!(line.trail.iter().all(|step| step.actor == "collector"));
        // Once by the look, once by the planting.
        assert_eq!(ground.events(Side::Custody, "eligibility", "viewed").len(), 2);
    });
}

#[test]
fn facts_that_a_removal_destroyed_are_counted_as_such() {
    on_both(|ground| {
        ground.specimen(&record(1), "K-1");
        ground.remove("K-1");
        let seen = ground.programme.minors_and_citizens(&ground.by(Role::Auditor)).unwrap();
        assert_eq!((seen.facts_opened, seen.facts_destroyed, seen.doubtful.len()), (0, 1, 0));
        assert_eq!(recount(ground).different, 0);
    });
}

#[test]
fn what_is_learned_in_the_instant_of_the_seal_is_learned_after_it() {
    on_both(|ground| {
        ground.stock(&["K-1"]);
        ground.book(&record(1));
        ground.collect(&record(1).booking, "K-1");
        let collector = ground.by(Role::Collector);
        ground.programme.amend_booking(&collector, &child(1)).unwrap();
        let seen = ground.programme.minors_and_citizens(&ground.by(Role::Auditor)).unwrap();
        assert_eq!((seen.samples, seen.doubtful.len()), (1, 0), "{:?}", seen.doubtful);
    });
}

/// Seals other facts in the place of those of a booking's decision.
fn plant(ground: &Ground, booking: &BookingId, change: impl Fn(&mut Facts)) {
    let keys = Keys::load_or_create(&ground.folder.path().join("keys")).unwrap();
    let find = "SELECT id, person_id FROM decision WHERE booking_id = $1";
    let auditor = ground.by(Role::Auditor);
    let mut facts = ground.programme.view_eligibility(&auditor, booking).unwrap().facts;
    change(&mut facts);
    let planted = ground.database(Side::Custody).write(|tx| {
        let row = tx.first(find, values![booking.as_str()])?.unwrap();
        let person = PersonId::from(row.get_text("person_id")?);
        let id = row.get_text("id")?;
        let key = envelope::load(tx, &keys.kek, person.as_str())?;
        let place = Place { table: "decision", row: id, column: "facts" };
        let sealed = envelope::seal(&key, place, &serde_json::to_vec(&facts).unwrap())?;
        tx.execute("UPDATE decision SET facts = $2 WHERE id = $1", values![id, sealed])
    });
    assert_eq!(planted.map_err(|error: StoreError| error.to_string()).unwrap(), 1);
}

/// What can happen to a booking; what the rules refuse is refused, and counts for nothing.
#[derive(Clone, Debug)]
enum Step {
    Book { person: u32, kind: u8 },
    Close { booking: u32, why: usize },
    Open { booking: u32 },
    Seal { booking: u32 },
    Amend { booking: u32, kind: u8 },
    Pass { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u32, 0..5_u8).prop_map(|(person, kind)| Step::Book { person, kind }),
        3 => (0..8_u32, 0..6_usize).prop_map(|(booking, why)| Step::Close { booking, why }),
        2 => (0..8_u32).prop_map(|booking| Step::Open { booking }),
        3 => (0..8_u32).prop_map(|booking| Step::Seal { booking }),
        1 => (0..8_u32, 0..5_u8).prop_map(|(booking, kind)| Step::Amend { booking, kind }),
        1 => (1..100_000_i64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

fn of_kind(n: u32, person: u32, kind: u8) -> BookingRecord {
    let mut known = match kind {
        0 => child(n),
        1 => on_file(n),
        2 => ageless(n),
        _ => record(n),
    };
    known.person.fingerprint_number = Some(format!("FPN-{person}"));
    if kind == 3 {
        known.circumstances.component = "CBP-OFO".to_owned();
    }
    known
}

/// What a run of steps knows.
#[derive(Default)]
struct Run {
    /// The person of each booking.
    persons: Vec<u32>,
    opened: BTreeMap<u32, journey::ids::CollectionId>,
}

impl Run {
    fn take(&mut self, ground: &Ground, step: &Step) {
        let p = &ground.programme;
        let collector = ground.by(Role::Collector);
        let there = |booking: u32| (booking as usize) < self.persons.len();
        match *step {
            Step::Book { person, kind } => {
                let n = self.persons.len() as u32;
                ground.book(&of_kind(n, person, kind));
                self.persons.push(person);
            }
            Step::Close { booking, why } if there(booking) => {
                let why = NotCollected::ALL.get(why).copied();
                drop(p.close_booking(&collector, &Close { booking: record(booking).booking, why }));
            }
            Step::Open { booking } if there(booking) => {
                let (kit, table) = (format!("K-{booking}"), format!("table {booking}"));
                let opened = ground.open_at(&record(booking).booking, &kit, &table);
                self.opened.extend(opened.ok().map(|collection| (booking, collection)));
            }
            Step::Seal { booking } if self.opened.contains_key(&booking) => {
                let collection = &self.opened[&booking];
                let kit = format!("K-{booking}");
                drop(ground.scan(collection, &kit, &kit));
                drop(ground.seal(collection, true));
            }
            Step::Amend { booking, kind } if there(booking) => {
                let person = self.persons[booking as usize];
                p.amend_booking(&collector, &of_kind(booking, person, kind)).unwrap();
            }
            Step::Pass { seconds } => ground.pass(seconds),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn whatever_happens_sums_hold_and_both_counts_agree(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let ground = Ground::sqlite();
        let kits: Vec<_> = (0..8).map(|n| format!("K-{n}")).collect();
        ground.stock(&kits.iter().map(String::as_str).collect::<Vec<_>>());
        let mut run = Run::default();
        for step in &steps {
            run.take(&ground, step);
        }
        let report = coverage(&ground, &Filter::default());
        for row in &report.rows {
            prop_assert!(row.figures.check().is_ok());
        }
        let total = &report.total().unwrap().figures;
        prop_assert_eq!(total.bookings, run.persons.len() as u64);
        prop_assert_eq!(total.undecided, 0);
        let weeks = report.rows.iter().filter(|row| row.level == Level::Week);
        prop_assert_eq!(weeks.map(|row| row.figures.bookings).sum::<u64>(), total.bookings);
        let again = recount(&ground);
        let different: Vec<_> = again.figures.iter().filter(|figure| !figure.equal).collect();
        prop_assert!(different.is_empty(), "{:?}", different);
        let minors = ground.programme.minors_and_citizens(&ground.by(Role::Auditor)).unwrap();
        prop_assert_eq!(minors.doubtful.len(), 0);
        prop_assert_eq!(minors.samples, total.samples);
    }
}

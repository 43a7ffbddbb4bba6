//! The law written a second time, in plain Rust and top down: what the rule sets are judged by.
//!
//! It shares no code with the rule sets or with what reads them. It knows by itself which set is in
//! force for whom, which clock hangs on a site's wall, and how old somebody is; it walks limb by
//! limb and returns at the first answer, where the policies are evaluated all at once. Deliberately
//! absent: reasons after the first, which the table of cases in `journey` fixes.

use genetics::Category;
use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use journey::booking::{
    BirthConfidence, BookingRecord, Circumstances, Citizenship, CustodyBasis, Known, LawfulStatus,
    OnFile, StatusConfidence,
};
use journey::eligibility::{Facts, Outcome};

/// What the law says of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The answer.
    pub outcome: Outcome,
    /// Specimen category, where a sample must or may be taken.
    pub category: Option<Category>,
    /// The reason that decides.
    pub reason: &'static str,
    /// The fact that this reason waits for.
    pub missing: Option<&'static str>,
}

impl Told {
    /// Where no rule set is in force.
    pub const NO_AUTHORITY: Self = no("NO_AUTHORITY");

    /// Whether a sample may be taken.
    pub fn may_take(self) -> bool {
        matches!(self.outcome, Outcome::Collect | Outcome::MaySkip)
    }
}

const fn no(reason: &'static str) -> Told {
    Told { outcome: Outcome::DoNotCollect, category: None, reason, missing: None }
}

const fn wait(reason: &'static str, missing: &'static str) -> Told {
    Told { outcome: Outcome::Defer, category: None, reason, missing: Some(missing) }
}

/// What tells the rule sets apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// The set's name.
    pub set: &'static str,
    /// Nobody below this age.
    pub floor: i32,
    /// Permanent residents are exempt.
    pub pilot: bool,
    /// The fourth exemption of the former text holds.
    pub former: bool,
}

const fn law(set: &'static str, floor: i32, pilot: bool, former: bool) -> Law {
    Law { set, floor, pilot, former }
}

const FORMER: Law = law("28cfr28.12-2009-01-09", 14, false, true);
const GENERAL: Law = law("28cfr28.12-2020-04-08", 14, false, false);
const PILOT: Law = law("ice-dallas-2020-05-01", 14, true, false);
const PORTS_BEGIN: Law = law("cbp-ofo-2020-01-06", 18, false, true);
const PORTS_AMENDED: Law = law("cbp-ofo-2020-04-08", 18, false, false);
const PORTS: Law = law("cbp-ofo-2020-07-01", 14, false, false);
const FULL: Law = law("dhs-full-2021-04-01", 14, false, false);

/// Every set; a base stands before the sets that build on it.
pub const LAWS: [Law; 7] = [FORMER, GENERAL, PILOT, PORTS_BEGIN, PORTS_AMENDED, PORTS, FULL];

/// Days on which another set came into force for somebody.
pub const CHANGES: [Date; 5] =
    [date(2009, 1, 9), date(2020, 1, 6), date(2020, 4, 8), date(2020, 5, 1), date(2020, 7, 1)];

/// The law for a component on a civil day; `None` before there was any.
pub fn in_force(component: &str, on: Date) -> Option<Law> {
    let [regulation, ports_begin, amended, pilot, ports_lowered] = CHANGES;
    let is = |name: &str| component.trim().eq_ignore_ascii_case(name);
    if on < regulation {
        return None;
    }
    if is("ICE-ERO") && on >= pilot {
        return Some(PILOT);
    }
    if is("CBP-OFO") && on >= ports_begin {
        return Some(match () {
            () if on >= ports_lowered => PORTS,
            () if on >= amended => PORTS_AMENDED,
            () => PORTS_BEGIN,
        });
    }
    Some(if on >= amended { GENERAL } else { FORMER })
}

/// What the law in force says of facts on their day.
pub fn judge_in_force(facts: &Facts) -> Told {
    in_force(&facts.circumstances.component, facts.decided_on)
        .map_or(Told::NO_AUTHORITY, |law| judge(facts, law))
}

/// What a law says of facts.
pub fn judge(facts: &Facts, law: Law) -> Told {
    let asked = &facts.circumstances;
    if !asked.custody_basis.iter().any(|basis| *basis != CustodyBasis::Encounter) {
        return no("NOT_DETAINED");
    }
    let aside = |reason: &str| facts.set_aside.contains(reason);
    if asked.fingerprint_event.is_none() && !aside("NOT_FINGERPRINTED") {
        return no("NOT_FINGERPRINTED");
    }
    if let Some(told) = too_young(facts, law) {
        return told;
    }
    let verified = asked.citizenship_confidence == StatusConfidence::Verified;
    if law.pilot && asked.citizenship == Citizenship::Lpr {
        return match verified {
            true => no("LPR_PILOT_EXEMPT"),
            false => wait("STATUS_CLAIM_OPEN", "citizenship_confidence"),
        };
    }
    let limb = criminal(asked).map_or_else(|| detention(facts, law), Ok);
    match limb {
        Err(told) => told,
        Ok(founded) => founded_duty(facts, founded),
    }
}

fn too_young(facts: &Facts, law: Law) -> Option<Told> {
    let Some(age) = facts.age_years else {
        return Some(wait("AGE_UNRESOLVED", "date_of_birth"));
    };
    match facts.circumstances.date_of_birth_confidence {
        BirthConfidence::Unknown => Some(wait("AGE_UNRESOLVED", "date_of_birth_confidence")),
        BirthConfidence::Estimated if age < law.floor + 4 => {
            Some(wait("AGE_UNRESOLVED", "date_of_birth_confidence"))
        }
        BirthConfidence::Estimated => None,
        _ if age < 14 => Some(no("UNDER_14")),
        _ if age < law.floor => Some(no("UNDER_18")),
        _ => None,
    }
}

fn criminal(asked: &Circumstances) -> Option<(Category, &'static str)> {
    let basis = &asked.custody_basis;
    if basis.contains(&CustodyBasis::Convicted) {
        let prison = capitals(asked) == "BOP";
        let duty = if prison { "DUTY_BOP" } else { "DUTY_CONVICTED" };
        return Some((Category::ConvictedOffender, duty));
    }
    let arrested = basis.contains(&CustodyBasis::CriminalArrest)
        || basis.contains(&CustodyBasis::FacingCharges);
    arrested.then_some((Category::Arrestee, "DUTY_ARRESTEE"))
}

fn capitals(asked: &Circumstances) -> String {
    asked.component.trim().to_ascii_uppercase()
}

fn detention(facts: &Facts, law: Law) -> Result<(Category, &'static str), Told> {
    use StatusConfidence::{Unknown, Verified};
    let asked = &facts.circumstances;
    match (asked.citizenship, asked.citizenship_confidence) {
        (Citizenship::Unknown, _) => return Err(wait("STATUS_UNKNOWN", "citizenship")),
        (Citizenship::NonUsPerson, Unknown) => {
            return Err(wait("STATUS_UNKNOWN", "citizenship_confidence"));
        }
        (Citizenship::NonUsPerson, _) => {}
        (Citizenship::Citizen, Verified) => return Err(no("USC_NO_CRIMINAL_BASIS")),
        (Citizenship::Lpr, Verified) => return Err(no("LPR_NOT_NONUSP")),
        _ => return Err(wait("STATUS_CLAIM_OPEN", "citizenship_confidence")),
    }
    let has = |basis| asked.custody_basis.contains(&basis);
    let (detained, port) = (has(CustodyBasis::AdminDetention), has(CustodyBasis::PortHold));
    if ["ICE-", "CBP-"].iter().any(|name| capitals(asked).starts_with(name)) {
        carved_out(facts, detained, port)?;
        if law.former && facts.infeasible {
            return Err(no("B4_INFEASIBLE"));
        }
    }
    match detained || (port && asked.further_proceedings == Known::Yes) {
        true => Ok((Category::Detainee, "DUTY_DETAINEE")),
        false => Err(no("NO_DUTY")),
    }
}

/// What 28 CFR 28.12(b) lets the Department of Homeland Security leave.
fn carved_out(facts: &Facts, detained: bool, port: bool) -> Result<(), Told> {
    let asked = &facts.circumstances;
    let only_port = port && !detained;
    let present =
        matches!(asked.lawful_status, LawfulStatus::InStatus | LawfulStatus::BeingAdmitted);
    if present && !facts.set_aside.contains("B1_LAWFULLY_PRESENT") {
        return Err(no("B1_LAWFULLY_PRESENT"));
    }
    if only_port && asked.further_proceedings == Known::No {
        return Err(no("B2_ADMISSIBILITY_ONLY"));
    }
    if asked.custody_basis.contains(&CustodyBasis::Maritime) && !detained && !port {
        return Err(no("B3_MARITIME"));
    }
    if asked.lawful_status == LawfulStatus::Unknown {
        return Err(wait("LAWFUL_STATUS_UNKNOWN", "lawful_status"));
    }
    if only_port && asked.further_proceedings == Known::Unknown {
        return Err(wait("FURTHER_PROCEEDINGS_UNKNOWN", "further_proceedings"));
    }
    Ok(())
}

/// The duty holds; whether it may be left to the file or to others. An open order to collect again
/// takes that choice away, and is named before the detention limb and after the criminal one.
fn founded_duty(facts: &Facts, (category, limb): (Category, &'static str)) -> Told {
    let asked = &facts.circumstances;
    let skip = |reason| Told {
        outcome: Outcome::MaySkip,
        category: Some(category),
        reason,
        missing: None,
    };
    match (facts.recollection_open, asked.on_file) {
        (true, _) if category == Category::Detainee => {
            Told { outcome: Outcome::Collect, ..skip("RECOLLECT_F3") }
        }
        (false, OnFile::Present) => skip("IN_CODIS_E2"),
        (false, _) if asked.other_agency.is_some() => skip("OTHER_AGENCY_E1"),
        (false, _) if asked.waiver.is_some() => skip("WAIVER_E3"),
        _ => Told { outcome: Outcome::Collect, ..skip(limb) },
    }
}

/// Full years of age: birthdays had. One of 29 February falls on 1 March of a common year.
pub fn age(birth: Date, on: Date) -> i32 {
    let turns = |years: i16| (birth.year() + years, birth.month(), birth.day());
    let had = (1..).take_while(|years| turns(*years) <= (on.year(), on.month(), on.day()));
    i32::try_from(had.count()).unwrap_or(i32::MAX)
}

/// The civil day of a booking's site at an instant.
pub fn day(record: &BookingRecord, at: Timestamp) -> Date {
    let asked = &record.circumstances;
    let Some((hours, summer_time)) = clock(&asked.component, asked.site.as_str()) else {
        let offset = Offset::from_seconds(asked.booked_offset_seconds).unwrap_or(Offset::UTC);
        return offset.to_datetime(at).date();
    };
    let standard = Offset::constant(hours).to_datetime(at);
    let forward = summer_time && is_summer(standard);
    let local = standard.saturating_add(SignedDuration::from_hours(i64::from(forward)));
    local.date()
}

/// Hours from UTC in winter and whether there is summer time, at the sites that are known; the
/// pilot's clock is that of all its sites.
fn clock(component: &str, site: &str) -> Option<(i8, bool)> {
    let pilot = component == "ICE-ERO";
    match site {
        "Dallas" | "DAL" | "ERO-DAL" if pilot => Some((-6, true)),
        "El Paso" => Some((-7, true)),
        "Eagle Pass" => Some((-6, true)),
        "Detroit" | "Miami" | "Quantico" => Some((-5, true)),
        "Phoenix" => Some((-7, false)),
        "San Diego" => Some((-8, true)),
        _ => pilot.then_some((-6, true)),
    }
}

/// Summer time of the United States since 2007, told by the clock that does not change: from two
/// o'clock on the second Sunday of March to one o'clock on the first Sunday of November.
fn is_summer(standard: DateTime) -> bool {
    let sunday = |month, week: i32| {
        let first = Date::new(standard.year(), month, 1).unwrap_or(Date::ZERO);
        let days = first.weekday().until(Weekday::Sunday);
        first.saturating_add((i32::from(days) + 7 * (week - 1)).days())
    };
    let (begins, ends) = (sunday(3, 2).at(2, 0, 0, 0), sunday(11, 1).at(1, 0, 0, 0));
    begins <= standard && standard < ends
}

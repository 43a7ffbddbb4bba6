//! Rule sets: what the law, the regulation and site orders say about one booking.
//!
//! A set is a folder under `rules/`: a manifest (name, days in force, scope, time zone, base set)
//! and Cedar policies, each with its citation and how sure it is. [`RuleBook`] reads all sets
//! once, refuses any policy that does not fit the one schema, chooses the set for a booking and
//! answers with a [`Finding`]. A `permit` is a duty. A `forbid` says that no sample is taken, that
//! a fact is missing, or that the sample may be skipped; of several the least `@precedence`
//! decides, and all are reported.
//!
//! Deliberately absent: kits, staff and time, which have not excused anybody from a duty since
//! 2020-04-08 (28 CFR 28.12(b); 85 FR 13483), but for one flag that the text of 2009 reads;
//! clocks; files (the sets are built in).

use std::collections::BTreeSet;
use std::fmt;

use cedar_policy::{PolicySet, Schema};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::booking::{BookingRecord, Circumstances};
use crate::eligibility::{Facts, Finding, Outcome};
use crate::refusal::{Refusal, RefusalCode};
use engine::{Answer, Engine};
use manifest::Sites;
use policies::Policies;

mod clock;
mod engine;
mod manifest;
mod policies;
mod shipped;

pub use clock::age_years;
pub use manifest::{Manifest, Scope};
pub use policies::Rule;

/// What a finding names where no set was in force.
const NO_SET: &str = "none";

/// The texts of one rule set.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// TOML of [`Manifest`].
    pub manifest: &'a str,
    /// Files of Cedar policies, without those of the base set.
    pub texts: &'a [Text<'a>],
}

/// One file of Cedar policies.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The name under which faults are reported.
    pub file: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

/// Why rule sets cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// A manifest cannot be read.
    #[error("manifest of a rule set: {what}")]
    Manifest {
        /// The fault.
        what: String,
    },
    /// The table of sites cannot be read.
    #[error("table of sites: {what}")]
    Sites {
        /// The fault.
        what: String,
    },
    /// A time zone has no such name.
    #[error("\"{name}\" is no time zone; use an IANA name such as America/Chicago")]
    TimeZone {
        /// As it was written.
        name: String,
    },
    /// The schema cannot be read.
    #[error("schema of the rule sets: {what}")]
    Schema {
        /// The fault.
        what: String,
    },
    /// A file of policies cannot be read.
    #[error("{file}: {what}")]
    Unreadable {
        /// Which.
        file: String,
        /// The fault.
        what: String,
    },
    /// A policy lacks something, or has something that does not belong there.
    #[error("{file}: policy {id}: {what}")]
    Policy {
        /// Where.
        file: String,
        /// Which.
        id: String,
        /// The fault and what would be right.
        what: String,
    },
    /// The policies do not fit the schema.
    #[error("rule set {set}: {what}")]
    Invalid {
        /// Which set.
        set: String,
        /// What the validator says.
        what: String,
    },
    /// No set has this name.
    #[error("there is no rule set \"{name}\"; there are {}", known.join(", "))]
    UnknownSet {
        /// As it was asked for.
        name: String,
        /// The names that are known.
        known: Vec<String>,
    },
}

/// Proof that the law leaves room to set rules aside for one booking: which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room(BTreeSet<String>);

impl Room {
    /// The rules, by the reason that each names.
    pub fn rules(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// All rule sets, read, checked and ready.
pub struct RuleBook {
    engine: Engine,
    sites: Sites,
    sets: Vec<RuleSet>,
}

struct RuleSet {
    manifest: Manifest,
    zone: Option<TimeZone>,
    policies: Policies,
    /// Manifests and policies, those of the base set first.
    text: String,
    sha256: String,
}

impl fmt::Debug for RuleBook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.names()).finish()
    }
}

impl RuleBook {
    /// The sets that are built in.
    ///
    /// # Errors
    /// A shipped text is at fault; a test makes sure that none is.
    pub fn shipped() -> Result<Self, RuleFault> {
        Self::read(shipped::SCHEMA, shipped::SITES, shipped::SOURCES)
    }

    /// Reads sets from texts. A base set stands before the sets that include it.
    ///
    /// # Errors
    /// Any text is at fault; nothing is taken from a book with a fault.
    pub fn read(schema: &str, sites: &str, sources: &[Source<'_>]) -> Result<Self, RuleFault> {
        let mut book =
            Self { engine: Engine::new(schema)?, sites: Sites::read(sites)?, sets: Vec::new() };
        for source in sources {
            let set = book.set_of(schema, source)?;
            book.sets.push(set);
        }
        Ok(book)
    }

    fn set_of(&self, schema: &str, source: &Source<'_>) -> Result<RuleSet, RuleFault> {
        let manifest = Manifest::read(source.manifest)?;
        self.check_distinct(&manifest)?;
        let zone = manifest.time_zone.as_deref().map(manifest::time_zone).transpose()?;
        let (mut policies, mut text) = match &manifest.includes {
            Some(base) => {
                let base = self.named(base)?;
                (base.policies.clone(), base.text.clone())
            }
            None => (Policies::default(), String::new()),
        };
        if let Some(id) = manifest.without.iter().find(|id| !policies.take_out(id)) {
            let what = format!("{}: without {id}, which its base does not have", manifest.name);
            return Err(RuleFault::Manifest { what });
        }
        text.push_str(source.manifest);
        for file in source.texts {
            policies.add(file)?;
            text.push_str(file.text);
        }
        policies.check(&manifest.name, manifest.effective_from, &self.engine.schema)?;
        let digest = Sha256::new().chain_update(schema).chain_update(&text).finalize();
        Ok(RuleSet { manifest, zone, policies, text, sha256: HEXLOWER.encode(&digest) })
    }

    /// Two sets with one name, or with one scope from one day, would leave the choice to chance.
    fn check_distinct(&self, manifest: &Manifest) -> Result<(), RuleFault> {
        let twin = self.sets().find(|other| {
            other.name == manifest.name
                || (&other.scope, other.effective_from)
                    == (&manifest.scope, manifest.effective_from)
        });
        match twin {
            Some(twin) => Err(RuleFault::Manifest {
                what: format!("{} has the name, or scope and day, of {}", manifest.name, twin.name),
            }),
            None => Ok(()),
        }
    }

    /// What the sets say of themselves.
    pub fn sets(&self) -> impl Iterator<Item = &Manifest> {
        self.sets.iter().map(|set| &set.manifest)
    }

    /// The rules of a set in precedence order, those of its base set included.
    ///
    /// # Errors
    /// No set has this name.
    pub fn policies(&self, set: &str) -> Result<Vec<&Rule>, RuleFault> {
        let mut rules: Vec<_> = self.named(set)?.policies.rules.values().collect();
        rules.sort_by_key(|rule| rule.precedence);
        Ok(rules)
    }

    /// The schema of a booking and the Cedar policies of a set, those of its base set included, as
    /// [`RuleBook::find`] evaluates them: what a proof about the set must be about.
    ///
    /// # Errors
    /// No set has this name.
    pub fn cedar(&self, set: &str) -> Result<(&Schema, PolicySet), RuleFault> {
        let policies = &self.named(set)?.policies;
        let both = policies.duties.policies().chain(policies.forbids.policies()).cloned();
        let all = PolicySet::from_policies(both)
            .map_err(|fault| RuleFault::Invalid { set: set.to_owned(), what: fault.to_string() })?;
        Ok((&self.engine.schema, all))
    }

    /// SHA-256, in hexadecimal, of the schema and of every text of a set, base set first.
    ///
    /// # Errors
    /// No set has this name.
    pub fn sha256(&self, set: &str) -> Result<&str, RuleFault> {
        Ok(&self.named(set)?.sha256)
    }

    /// Whether a finding rests on a rule that nobody may set aside.
    pub fn is_hard_block(&self, finding: &Finding) -> bool {
        self.named(&finding.rule_set).is_ok_and(|set| {
            let hard = |id: &str| {
                set.policies.rules.values().any(|rule| rule.hard_block && rule.reason == id)
            };
            finding.outcome == Outcome::DoNotCollect
                && finding.reasons.iter().any(|reason| hard(&reason.id))
        })
    }

    /// The rules that keep a sample from being taken, where the law leaves room to set every one of
    /// them aside and a duty is left when they are.
    ///
    /// # Errors
    /// `NO_DISCRETION`, with the rules that leave no room.
    pub fn room(&self, facts: &Facts, finding: &Finding) -> Result<Room, Refusal> {
        let no_room = |what: String| RefusalCode::NoDiscretion.about(what);
        if finding.outcome != Outcome::DoNotCollect {
            return Err(no_room(format!("the decision is {}", finding.outcome.word())));
        }
        let set = self.named(&finding.rule_set).map_err(|fault| no_room(fault.to_string()))?;
        let free = |id: &str| {
            let mut of_reason = set.policies.rules.values().filter(|rule| rule.reason == id);
            of_reason.any(|rule| rule.discretion.is_some())
        };
        let ids = || finding.reasons.iter().map(|reason| reason.id.as_str());
        let fixed: Vec<&str> = ids().filter(|id| !free(id)).collect();
        if !fixed.is_empty() {
            return Err(no_room(fixed.join(", ")));
        }
        let mut then = facts.clone();
        then.set_aside.extend(ids().map(str::to_owned));
        let answer = self.engine.ask(&set.policies, &then);
        match answer.outcome {
            Outcome::Collect | Outcome::MaySkip => Ok(Room(ids().map(str::to_owned).collect())),
            other => {
                let ids: Vec<_> = answer.reasons.into_iter().map(|reason| reason.id).collect();
                let what =
                    format!("without them it would be {} ({})", other.word(), ids.join(", "));
                Err(no_room(what))
            }
        }
    }

    /// What the rules see of a booking on a day: `on`, or else the civil date at the site when it
    /// is decided. The site's zone comes from the table of sites, else from the most special set
    /// that covers the booking and has a zone, else from the offset that the feed wrote.
    pub fn facts(
        &self,
        record: &BookingRecord,
        decided_at: Timestamp,
        on: Option<Date>,
        recollection_open: bool,
    ) -> Facts {
        let circumstances = record.circumstances.clone();
        let decided_on = on.unwrap_or_else(|| {
            let zone = self.zone(&circumstances.component, circumstances.site.as_str());
            clock::civil_date(decided_at, zone, circumstances.booked_offset_seconds)
        });
        let age_years = record.person.date_of_birth.map(|birth| age_years(birth, decided_on));
        Facts {
            circumstances,
            decided_on,
            age_years,
            recollection_open,
            infeasible: false,
            set_aside: BTreeSet::new(),
            told: None,
        }
    }

    /// The answer of a set to facts: of the set named, whatever its scope, or else of the most
    /// special set in whose scope the booking is, the latest where there are several. A set
    /// answers only on days on which it is in force; where none does, nothing allows a sample.
    ///
    /// # Errors
    /// No set has the name asked for.
    pub fn find(&self, facts: &Facts, set: Option<&str>) -> Result<Finding, RuleFault> {
        let chosen = match set {
            Some(name) => Some(self.named(name)?),
            None => self.default_set(facts),
        };
        Ok(self.answer(chosen.filter(|set| set.manifest.in_force(facts.decided_on)), facts, chosen))
    }

    /// The answer of a set to facts, also of days on which it is not in force: what it would have
    /// said, or what it says now of a decision that names it. `none` is the answer where no set is
    /// in force.
    ///
    /// # Errors
    /// No set has this name.
    pub fn find_as(&self, facts: &Facts, set: &str) -> Result<Finding, RuleFault> {
        let chosen = (set != NO_SET).then(|| self.named(set)).transpose()?;
        Ok(self.answer(chosen, facts, chosen))
    }

    /// Every rule of a set that holds for facts, in precedence order: the limbs of the duty that
    /// reach the person, and what stands against them.
    ///
    /// # Errors
    /// No set has this name.
    pub fn holding(&self, facts: &Facts, set: &str) -> Result<Vec<&Rule>, RuleFault> {
        Ok(self.engine.holding(&self.named(set)?.policies, facts))
    }

    fn answer(&self, set: Option<&RuleSet>, facts: &Facts, named: Option<&RuleSet>) -> Finding {
        let answer = match set {
            Some(set) => self.engine.ask(&set.policies, facts),
            None => {
                Answer::bare(Outcome::DoNotCollect, "NO_AUTHORITY", "no rule set in force", "D")
            }
        };
        Finding {
            outcome: answer.outcome,
            category: answer.category,
            reasons: answer.reasons,
            missing: answer.missing,
            rule_set: named.map_or(NO_SET, |set| &set.manifest.name).to_owned(),
            rule_set_sha256: named
                .map_or_else(|| HEXLOWER.encode(&Sha256::digest("")), |set| set.sha256.clone()),
        }
    }

    fn default_set(&self, facts: &Facts) -> Option<&RuleSet> {
        self.default_on(&facts.circumstances, facts.decided_on)
    }

    fn default_on(&self, asked: &Circumstances, on: Date) -> Option<&RuleSet> {
        self.covering(&asked.component, asked.site.as_str())
            .filter(|set| set.manifest.chosen && set.manifest.in_force(on))
            .max_by_key(|set| (set.manifest.scope.rank(), set.manifest.effective_from))
    }

    /// The midnight at the site from which another set answers for a booking, or none does; `None`
    /// where no such day is known. A decision must not be acted on from then.
    pub fn law_until(&self, facts: &Facts) -> Option<Timestamp> {
        let asked = &facts.circumstances;
        let (component, site) = (&asked.component, asked.site.as_str());
        let name = |set: Option<&RuleSet>| set.map(|set| set.manifest.name.clone());
        let now = name(self.default_set(facts));
        let day = self
            .covering(component, site)
            .flat_map(|set| set.manifest.days_of_change())
            .filter(|day| *day > facts.decided_on)
            .filter(|day| name(self.default_on(asked, *day)) != now)
            .min()?;
        clock::midnight(day, self.zone(component, site), asked.booked_offset_seconds)
    }

    /// The clock of a site: from the table of sites, else of the most special set that covers it.
    pub fn zone(&self, component: &str, site: &str) -> Option<&TimeZone> {
        self.sites.zone(component, site).or_else(|| {
            self.covering(component, site)
                .filter(|set| set.zone.is_some())
                .max_by_key(|set| (set.manifest.scope.rank(), set.manifest.effective_from))
                .and_then(|set| set.zone.as_ref())
        })
    }

    fn covering(&self, component: &str, site: &str) -> impl Iterator<Item = &RuleSet> {
        self.sets.iter().filter(move |set| set.manifest.scope.covers(component, site))
    }

    fn named(&self, name: &str) -> Result<&RuleSet, RuleFault> {
        self.sets.iter().find(|set| set.manifest.name == name).ok_or_else(|| {
            RuleFault::UnknownSet {
                name: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
            }
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.sets().map(|manifest| manifest.name.as_str())
    }
}

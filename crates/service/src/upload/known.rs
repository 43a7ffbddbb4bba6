//! Known profiles of a laboratory, pairs of one plate that a reviewer cleared, and evidence that
//! must go because it is somebody's who was known.

use exchange::genotypes::Sample;
use genetics::{Category, Level, LocusSet, Profile, SearchRule};
use jiff::ToSpan;
use jiff::civil::Date;
use journey::ids::{CaseNumber, Ori, RemovalId, SpecimenNumber};
use journey::refusal::RefusalCode;
use journey::upload::known::{Command, Kept, Stage};
use serde::{Deserialize, Serialize};
use store::index as rows;
use store::listing::{self, After};

use crate::context::{OpContext, Placed};
use crate::error::{ServiceError, not_empty};
use crate::programme::Programme;
use crate::typing::genotype_table;
use crate::unit::{advance, note};

/// Stands for a stage in lists: kept, and the day to look again has come.
pub const EXPIRED: &str = "expired";

/// Profiles looked at in one page.
const PAGE: u32 = 1_000;

/// Keep the profile of staff, or of a victim or an eliminated person of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct KeepKnown {
    /// The laboratory's own number.
    pub specimen: SpecimenNumber,
    /// `Staff`, `Victim, Known` or `Elimination, Known`.
    pub category: Category,
    /// The laboratory.
    pub laboratory: Ori,
    /// The case; none for staff.
    #[serde(default)]
    pub case: Option<CaseNumber>,
    /// The profile.
    pub profile: Profile,
}

/// A known profile as lists show it; the profile itself is not told.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its number.
    pub specimen: SpecimenNumber,
    /// Its category, until it is taken out.
    pub category: Option<Category>,
    /// The laboratory, until it is taken out.
    pub laboratory: Option<Ori>,
    /// The case, if there is one.
    pub case: Option<CaseNumber>,
    /// The day on which somebody looks whether it must go.
    pub expires_on: Option<Date>,
    /// True where that day has come.
    pub expired: bool,
    /// Where it stands.
    pub stage: &'static str,
    /// Since when it stands so.
    pub since: jiff::Timestamp,
}

impl Placed for Listed {
    fn place(&self) -> After {
        After { at: self.since, id: self.specimen.to_string() }
    }
}

/// What keeping a known profile brought to light.
#[derive(Clone, Debug, Serialize)]
pub struct KeptKnown {
    /// The profile that is kept.
    pub specimen: SpecimenNumber,
    /// Records of the index in which nothing is foreign to it: they should never have entered.
    pub conflicts: Vec<SpecimenNumber>,
}

impl Programme {
    /// Keeps a known profile, and looks which records of the index it explains.
    ///
    /// # Errors
    /// `Refused` for a category that is not compared, or a case where none belongs.
    pub fn keep_known(
        &self,
        op: &OpContext<'_>,
        keep: &KeepKnown,
    ) -> Result<KeptKnown, ServiceError> {
        self.may(op, "upload.keep-known", keep.laboratory.as_str())?;
        super::specimen_number(&keep.specimen)?;
        not_empty("laboratory", keep.laboratory.as_str())?;
        let table = self.acceptance_on(op.today())?;
        let days = table.row(keep.category).map_or(0, |row| row.expires_after_days);
        let expires_on = (days > 0).then(|| op.today().saturating_add(i64::from(days).days()));
        let digest = self.digest("profile", &keep.profile)?;
        let staff = self.explained_by_staff(op, keep)?;
        let (specimen, laboratory) = (&keep.specimen, &keep.laboratory);
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            let command = Command::Keep(Kept {
                category: keep.category,
                laboratory: laboratory.clone(),
                case: keep.case.clone(),
                digest: digest.clone(),
                expires_on,
                stamp: op.stamp(),
            });
            advance!(tx, op, "upload": journey::upload::known, rows::known, specimen, command);
            let (case, profile) = (keep.case.as_ref(), &keep.profile);
            rows::known::fill(tx, specimen, laboratory, case, profile)?;
            let mut conflicts = staff.clone();
            if let Some(case) = &keep.case {
                let evidence = rows::upload::of_case(tx, laboratory, case)?;
                let explained =
                    evidence.iter().filter(|it| table.is_explained_by(&it.profile, profile));
                conflicts.extend(explained.map(|record| record.id.clone()));
            }
            for conflict in &conflicts {
                note(tx, op, "upload", conflict.as_str(), "in_conflict", specimen)?;
            }
            Ok(KeptKnown { specimen: specimen.clone(), conflicts })
        })
    }

    /// Keeps every sample of a genotype table; sample names are the numbers.
    ///
    /// # Errors
    /// As [`Programme::keep_known`]; what was kept before a refusal stays.
    pub fn keep_known_table(
        &self,
        op: &OpContext<'_>,
        category: Category,
        laboratory: &Ori,
        case: Option<&CaseNumber>,
        samples: Vec<Sample>,
    ) -> Result<Vec<KeptKnown>, ServiceError> {
        let keep = |sample: Sample| {
            self.keep_known(
                op,
                &KeepKnown {
                    specimen: SpecimenNumber::new(sample.name),
                    category,
                    laboratory: laboratory.clone(),
                    case: case.cloned(),
                    profile: sample.profile,
                },
            )
        };
        samples.into_iter().map(keep).collect()
    }

    /// Keeps every sample of a file that holds a genotype table; with what is wrong in it.
    ///
    /// # Errors
    /// `Invalid` where no table was understood; else as [`Programme::keep_known_table`].
    pub fn keep_known_file(
        &self,
        op: &OpContext<'_>,
        category: Category,
        laboratory: &Ori,
        case: Option<&CaseNumber>,
        bytes: &[u8],
    ) -> Result<(Vec<KeptKnown>, Vec<String>), ServiceError> {
        self.may(op, "upload.keep-known", laboratory.as_str())?;
        let (table, problems) = genotype_table(bytes)?;
        Ok((self.keep_known_table(op, category, laboratory, case, table.samples)?, problems))
    }

    /// Takes a known profile out; the profile itself is gone then.
    ///
    /// # Errors
    /// `Refused` where it is not kept.
    pub fn take_out_known(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
        why: &str,
    ) -> Result<(), ServiceError> {
        let row = self.index.read(|tx| rows::known::load(tx, specimen))?;
        let place = row.as_ref().map_or(&self.laboratory, |row| row.value.laboratory());
        self.may(op, "upload.take-out-known", place.as_str())?;
        not_empty("why", why)?;
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            let command = Command::TakeOut { why: why.to_owned(), stamp: op.stamp() };
            advance!(tx, op, "upload": journey::upload::known, rows::known, specimen, command);
            Ok(rows::known::forget(tx, specimen)?)
        })?;
        Ok(self.index.scrub(rows::known::TABLE)?)
    }

    /// Known profiles at a stage (empty: all), longest there first; `expired` are those kept whose
    /// day has come, at which somebody looks whether they must go.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn list_known(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        self.may(op, "upload.known-list", "")?;
        if stage != EXPIRED {
            return self.known_page(op, stage, after, limit);
        }
        let (mut expired, mut after) = (Vec::new(), after.clone());
        loop {
            let page = self.known_page(op, "kept", &after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.place();
            expired.extend(page.into_iter().filter(|line| line.expired));
            if expired.len() >= limit as usize {
                break;
            }
        }
        expired.truncate(limit as usize);
        Ok(expired)
    }

    fn known_page(
        &self,
        op: &OpContext<'_>,
        stage: &str,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Listed>, ServiceError> {
        let page = self
            .index
            .read(|tx| listing::page::<Stage>(tx, rows::known::TABLE, stage, after, limit))?;
        Ok(page.iter().map(|row| listed(op, row)).collect())
    }

    /// Records that two specimens of one plate may show the same profile: one person was sampled
    /// twice, or they are twins. Who typed them does not say so.
    ///
    /// # Errors
    /// `Refused` where the specimens were not typed on one plate, or by the author of a reading.
    pub fn clear_plate(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
        other: &SpecimenNumber,
        why: &str,
    ) -> Result<(), ServiceError> {
        self.may(op, "upload.clear-plate", "")?;
        not_empty("why", why)?;
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            let typed =
                |row: Option<rows::reading::Stored>| row.map(|row| row.value.typed().clone());
            let (one, two) =
                (typed(rows::reading::load(tx, specimen)?), typed(rows::reading::load(tx, other)?));
            let (Some(one), Some(two)) = (one, two) else {
                return Err(ServiceError::not_found("reading of specimen", other));
            };
            if specimen == other || one.plate != two.plate {
                let found = format!("{specimen} and {other} were not typed on one plate");
                return Err(RefusalCode::NotOnPlate.about(found).into());
            }
            if [&one.author, &two.author].contains(&&op.actor.account) {
                let found = "who typed a specimen does not clear it";
                return Err(RefusalCode::SamePerson.about(found).into());
            }
            rows::known::clear(tx, specimen, other, op.at)?;
            note(tx, op, "upload", specimen.as_str(), "cleared", &(other, why))
        })
    }

    /// Takes evidence out of the index that should not be there, with its open candidates.
    ///
    /// # Errors
    /// `NotFound` for anything but evidence of the index; `Refused` where it was taken out before.
    pub fn withdraw_evidence(
        &self,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
        why: &str,
    ) -> Result<(), ServiceError> {
        let record = self.index.read(|tx| rows::upload::searchable(tx, specimen))?;
        let evidence = record.filter(|record| record.category.index().holds_evidence());
        // Whoever may do it nowhere is not told what is there.
        let place = evidence.as_ref().map_or("", |record| record.laboratory.as_str());
        self.may(op, "upload.withdraw-evidence", place)?;
        evidence.ok_or_else(|| ServiceError::not_found("evidence", specimen))?;
        not_empty("why", why)?;
        let removal = RemovalId::new(op.ids.id());
        self.index_step(op, "upload", specimen.as_str(), |tx| {
            note(tx, op, "upload", specimen.as_str(), "withdrawal_reason", &(&removal, why))?;
            self.withdraw_in(tx, op, &removal, specimen)?;
            self.withdraw_candidates(tx, op, &removal, specimen)
        })?;
        self.matcher.forget(&self.index, specimen)?;
        Ok(self.index.scrub(rows::upload::TABLE)?)
    }

    /// Records anywhere in the index in which nothing is foreign to a member of staff.
    fn explained_by_staff(
        &self,
        op: &OpContext<'_>,
        keep: &KeepKnown,
    ) -> Result<Vec<SpecimenNumber>, ServiceError> {
        if keep.category != Category::Staff {
            return Ok(Vec::new());
        }
        let table = self.acceptance_on(op.today())?;
        let rule = SearchRule {
            stringency: Level::Moderate,
            stringency_by_locus: Vec::new(),
            loci: LocusSet::autosomal(),
            matching_min: 8,
            mismatches_max: 0,
        };
        let found = self.matcher.everywhere(&self.index, &keep.profile, &rule)?;
        let explained = found.iter().filter(|it| table.is_explained_by(&it.profile, &keep.profile));
        Ok(explained.map(|record| record.id.clone()).collect())
    }
}

fn listed(op: &OpContext<'_>, row: &rows::known::Stored) -> Listed {
    let kept = match &row.value {
        Stage::Kept(kept) => Some(kept),
        Stage::TakenOut { .. } => None,
    };
    let expires_on = kept.and_then(|kept| kept.expires_on);
    Listed {
        specimen: SpecimenNumber::from(row.id.as_str()),
        category: kept.map(|kept| kept.category),
        laboratory: kept.map(|kept| kept.laboratory.clone()),
        case: kept.and_then(|kept| kept.case.clone()),
        expires_on,
        expired: expires_on.is_some_and(|day| day <= op.today()),
        stage: row.value.word(),
        since: row.at,
    }
}

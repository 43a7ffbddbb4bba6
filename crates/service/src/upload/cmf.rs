//! CMF files bring the evidence of a laboratory. Persons never come in this way: their profiles
//! enter from accepted samples alone.

use std::io::BufRead;

pub use exchange::cmf::Held;
use exchange::cmf::{self, Specimen};
use jiff::civil::DateTime;
use journey::ids::{Ori, SpecimenNumber};
use journey::refusal::Refusal;
use serde::Serialize;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::upload::EnterEvidence;

/// What a file of evidence gave.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CmfImport {
    /// Specimens that are in the index now.
    pub entered: Vec<SpecimenNumber>,
    /// Specimens that were refused, each with the rule.
    pub refused: Vec<(SpecimenNumber, Refusal)>,
    /// Specimens that are no evidence of a case, each with the reason.
    pub left_out: Vec<(SpecimenNumber, String)>,
    /// What is wrong in the file, a sentence each, with its line.
    pub problems: Vec<String>,
}

impl Programme {
    /// What a CMF file holds, and what is wrong in it, a sentence each. Nothing is stored.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn preview_cmf(
        &self,
        op: &OpContext<'_>,
        bytes: &[u8],
    ) -> Result<(Held, Vec<String>), ServiceError> {
        self.may(op, "upload.preview", "")?;
        let (held, problems) = cmf::look(bytes, None);
        Ok((held, problems.iter().map(ToString::to_string).collect()))
    }

    /// Enters the evidence of a CMF file, specimen by specimen. Its laboratory is the file's
    /// SOURCELAB, for which the account must be allowed to enter.
    ///
    /// # Errors
    /// `Forbidden`; what is wrong in the file is told, not an error.
    pub fn enter_evidence_cmf(
        &self,
        op: &OpContext<'_>,
        input: impl BufRead,
        laboratory: &Ori,
    ) -> Result<CmfImport, ServiceError> {
        self.may(op, "upload.enter-evidence", laboratory.as_str())?;
        let mut import = CmfImport::default();
        let read = cmf::read(input, None, |_, specimen| {
            self.enter_specimen(op, laboratory, specimen, &mut import)
        })?;
        import.problems = read.problems.iter().map(ToString::to_string).collect();
        let source = read.header.map(|header| header.source);
        if let Some(source) = source.filter(|source| source != laboratory) {
            let told = format!("the file is of {source}; it was entered for {laboratory}");
            import.problems.push(told);
        }
        Ok(import)
    }

    fn enter_specimen(
        &self,
        op: &OpContext<'_>,
        laboratory: &Ori,
        specimen: Specimen,
        import: &mut CmfImport,
    ) -> Result<(), ServiceError> {
        let (id, category) = (specimen.id.clone(), specimen.category);
        let profile = match specimen.profile() {
            Ok(profile) if category.index().holds_evidence() => profile,
            Ok(_) => {
                let why = format!("'{category}' is none of evidence");
                import.left_out.push((id, why));
                return Ok(());
            }
            Err(why) => {
                import.left_out.push((id, why.to_string()));
                return Ok(());
            }
        };
        let provenance = specimen.provenance();
        let Some(case) = specimen.case else {
            import.left_out.push((id, "it names no case (CASEID)".to_owned()));
            return Ok(());
        };
        let evidence = EnterEvidence {
            specimen: id.clone(),
            category,
            laboratory: laboratory.clone(),
            case: case.as_str().into(),
            profile,
            made_on: provenance.read_at.map(DateTime::date),
            provenance,
        };
        match self.enter_evidence(op, &evidence) {
            Ok(()) => import.entered.push(id),
            Err(ServiceError::Refused(refusal)) => import.refused.push((id, refusal)),
            Err(ServiceError::Invalid(why)) => import.left_out.push((id, why)),
            Err(other) => return Err(other),
        }
        Ok(())
    }
}

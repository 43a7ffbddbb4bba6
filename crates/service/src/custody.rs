//! The chain of custody of a kit, and the one way to read the link between specimen and kit.

use journey::custody::Entry;
use journey::ids::{KitBarcode, SpecimenNumber};
use store::Tx;
use store::custody as rows;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;
use crate::unit::note;

impl Programme {
    /// Who had a kit, when, and why it moved.
    ///
    /// # Errors
    /// `NotFound` for a barcode that was never received.
    pub fn chain_of_custody(
        &self,
        op: &OpContext<'_>,
        kit: &KitBarcode,
    ) -> Result<Vec<Entry>, ServiceError> {
        self.may(op, "custody.view", "")?;
        let chain = self.custody.read(|tx| rows::chain::of_kit(tx, kit))?;
        if chain.is_empty() {
            return Err(ServiceError::not_found("kit", kit));
        }
        Ok(chain)
    }

    /// Reads the link of a specimen. Every reading is on record with its purpose.
    pub(crate) fn linked_kit(
        &self,
        tx: &mut dyn Tx,
        op: &OpContext<'_>,
        specimen: &SpecimenNumber,
    ) -> Result<KitBarcode, ServiceError> {
        let kit = rows::link::kit(tx, &self.keys, specimen)?
            .ok_or_else(|| ServiceError::not_found("accepted sample of specimen", specimen))?;
        note(tx, op, "custody", specimen.as_str(), "link_read", &())?;
        Ok(kit)
    }
}

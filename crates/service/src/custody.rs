//! The chain of custody of a kit, and its whole way through the stations on one page.

use journey::custody::Entry;
use journey::ids::KitBarcode;
use store::custody as rows;

use crate::context::OpContext;
use crate::error::ServiceError;
use crate::programme::Programme;

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
}

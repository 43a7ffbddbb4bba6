//! Small tables as numbers in a row: numbers, and lists that begin with their length.

/// Numbers on their way into a section.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<u32>);

impl Fields {
    pub(crate) fn put(&mut self, number: usize) {
        self.0.push(number as u32);
    }

    pub(crate) fn list(&mut self, numbers: impl ExactSizeIterator<Item = u32>) {
        self.put(numbers.len());
        self.0.extend(numbers);
    }

    pub(crate) fn words(&self) -> &[u32] {
        &self.0
    }
}

/// Numbers taken out of a section; `None` where there are none left.
pub(crate) struct Taken<'a>(pub(crate) &'a [u32]);

impl<'a> Taken<'a> {
    pub(crate) fn number(&mut self) -> Option<usize> {
        let (number, left) = self.0.split_first()?;
        self.0 = left;
        Some(*number as usize)
    }

    pub(crate) fn list(&mut self) -> Option<&'a [u32]> {
        let length = self.number()?;
        let (list, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(list)
    }

    /// A list of small numbers.
    pub(crate) fn bytes(&mut self) -> Option<Vec<u8>> {
        self.list()?.iter().map(|number| u8::try_from(*number).ok()).collect()
    }

    /// A list of places.
    pub(crate) fn places(&mut self) -> Option<Vec<usize>> {
        Some(self.list()?.iter().map(|number| *number as usize).collect())
    }

    /// `None` where something is left over.
    pub(crate) fn done(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

//! A saved index taken apart into its sections, changed anywhere, and put together again with
//! lengths, places and checksums that fit: what no damage of a disk makes and only a fault of the
//! writer, or malice, could.
//!
//! Written from the head of `crates/search/src/file.rs` and not with its code, which it tests. Also
//! used by the fuzz target. Deliberately absent: what is expected of such a file.

use std::iter::repeat_n;

const PAGE: usize = 4_096;
const CHUNK: usize = 1 << 20;

/// Letters, version, byte order.
const HEAD: usize = 16;

/// Bytes of an edit.
const EDIT: usize = 8;

/// Bytes that a section may have after an edit.
const LENGTH_MAX: usize = 1 << 18;

/// A section.
#[derive(Clone)]
struct Section {
    /// Kind, part, group, bytes of an element.
    names: [u32; 4],
    content: Vec<u8>,
}

/// A file.
#[derive(Clone)]
pub(crate) struct Layout {
    head: Vec<u8>,
    mark: Vec<u8>,
    sections: Vec<Section>,
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

impl Layout {
    /// Of a sound file.
    pub(crate) fn of(file: &[u8]) -> Self {
        let (table, count) = (number(&file[64..72]), number(&file[72..76]));
        let section = |place: usize| {
            let line = &file[table + 40 * place..][..40];
            let content = file[number(&line[16..24])..][..number(&line[24..32])].to_vec();
            Section { names: [0, 4, 8, 12].map(|at| number(&line[at..at + 4]) as u32), content }
        };
        let sections = (0..count).map(section).collect();
        Self { head: file[..HEAD].to_vec(), mark: file[24..64].to_vec(), sections }
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (mut file, mut table, mut sums) = (vec![0; PAGE], Vec::new(), Vec::new());
        for Section { names, content } in &self.sections {
            let chunk = sums.len() / 4;
            names.iter().for_each(|name| table.extend(name.to_ne_bytes()));
            for number in [file.len(), content.len(), chunk] {
                table.extend((number as u64).to_ne_bytes());
            }
            for chunk in content.chunks(CHUNK) {
                sums.extend(crc32fast::hash(chunk).to_ne_bytes());
            }
            append(&mut file, content);
        }
        let table_at = file.len();
        append(&mut file, &table);
        let sums_at = file.len();
        file.extend(&sums);
        let mut page = self.head.clone();
        page.extend((file.len() as u64).to_ne_bytes());
        page.extend(&self.mark);
        page.extend((table_at as u64).to_ne_bytes());
        page.extend((self.sections.len() as u32).to_ne_bytes());
        page.extend(crc32fast::hash(&table).to_ne_bytes());
        page.extend((sums_at as u64).to_ne_bytes());
        page.extend((sums.len() as u64 / 4).to_ne_bytes());
        page.resize(PAGE - 4, 0);
        page.extend(crc32fast::hash(&page).to_ne_bytes());
        file[..PAGE].copy_from_slice(&page);
        file
    }

    /// Changes it as the bytes tell, eight for a change.
    pub(crate) fn edit(&mut self, edits: &[u8]) {
        for edit in edits.chunks_exact(EDIT) {
            if self.sections.is_empty() {
                return;
            }
            let place = usize::from(edit[1]) % self.sections.len();
            let (at, value) = (number(&edit[2..4]), &edit[4..8]);
            match edit[0] % 16 {
                0 => drop(self.sections.remove(place)),
                1 if self.sections.len() < 200 => {
                    let again = self.sections[place].clone();
                    self.sections.insert(at % self.sections.len(), again);
                }
                2 => self.sections[place].names[at % 4] = number(value) as u32,
                what => self.sections[place].edit(what, at, value),
            }
        }
    }
}

impl Section {
    fn edit(&mut self, what: u8, at: usize, value: &[u8]) {
        let length = self.content.len();
        match what {
            3 => self.content.truncate(at % (length + 1)),
            4 if length + at * 4 < LENGTH_MAX => {
                self.content.extend(repeat_n(value, at).flatten());
            }
            5 if length + 4 < LENGTH_MAX => {
                let at = at % (length / 4 + 1) * 4;
                self.content.splice(at..at, value.iter().copied());
            }
            6 if length >= 4 => drop(self.content.drain(at % (length / 4) * 4..).take(4).count()),
            _ if length > 0 => {
                // Bytes, halves and whole words, each where such a one begins.
                let bytes = [1, 2, 4][usize::from(what) % 3];
                let at = at * bytes % length / bytes * bytes;
                let end = length.min(at + bytes);
                self.content[at..end].copy_from_slice(&value[..end - at]);
            }
            _ => {}
        }
    }
}

/// Adds bytes, and zeros up to the end of the page.
fn append(file: &mut Vec<u8>, bytes: &[u8]) {
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(PAGE), 0);
}

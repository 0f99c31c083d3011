//! What is open around a value.

/// What is open around a value, from the outside to the inside: whether each is an object, or an array.
pub(super) struct Nesting {
    few: [bool; 64],
    more: Vec<bool>,
    len: usize,
}

impl Nesting {
    pub(super) const fn new() -> Self {
        Self {
            few: [false; 64],
            more: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn push(&mut self, is_object: bool) {
        match self.few.get_mut(self.len) {
            Some(place) => *place = is_object,
            None => self.more.push(is_object),
        }
        self.len += 1;
    }

    pub(super) fn pop(&mut self) {
        self.more.pop();
        self.len = self.len.saturating_sub(1);
    }

    pub(super) fn last(&self) -> Option<bool> {
        match self.more.last() {
            Some(last) => Some(*last),
            None => self.few.get(self.len.checked_sub(1)?).copied(),
        }
    }
}

//! The places of mutants in a source, and how each is switched.
//!
//! Only one mutant is on at a time, so the text of a mutant is a copy of the original with nothing else switched in it. Where a copy of
//! an operator stands, everything that operators alone hold together is copied, since another operator can bind otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use proc_macro2::Span;
use serde_json::Value;
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprBinary, ExprMatch, ExprStruct, ExprUnary, Member, Meta,
    ReturnType, Signature, UnOp,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::wraps::Wraps;

/// What tells the mutants of one file apart: the kind, the line and column, and the replacement.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    genre: String,
    line: u64,
    column: u64,
    replacement: String,
}

impl Place {
    /// The place of a mutant of cargo-mutants' list.
    pub(crate) fn of(mutant: &Value) -> Option<Self> {
        let start = &mutant["span"]["start"];
        Some(Self {
            genre: mutant["genre"].as_str()?.to_owned(),
            line: start["line"].as_u64()?,
            column: start["column"].as_u64()?,
            replacement: mutant["replacement"].as_str()?.to_owned(),
        })
    }

    fn is(&self, genre: &str, span: Span) -> bool {
        let start = span.start();
        self.genre == genre
            && self.line == start.line as u64
            && self.column == start.column as u64 + 1
    }
}

/// The switches of one file.
pub(crate) struct Switches<'a> {
    text: &'a str,
    places: BTreeMap<Place, u32>,
    leave: &'a BTreeSet<&'a str>,
    pub(crate) wraps: Wraps,
    /// The mutants that have no switch, and why.
    pub(crate) left: BTreeMap<u32, &'static str>,
    /// Why nothing can be switched where the visit is now.
    is_fixed: Option<&'static str>,
    /// Why nothing there is ever built into the library.
    is_absent: Option<&'static str>,
}

impl<'a> Switches<'a> {
    pub(crate) fn find(
        text: &'a str,
        places: BTreeMap<Place, u32>,
        leave: &'a BTreeSet<&'a str>,
    ) -> syn::Result<Self> {
        let left = places.values().map(|number| (*number, "not found"));
        let mut switches = Self {
            left: left.collect(),
            text,
            places,
            leave,
            wraps: Wraps::default(),
            is_fixed: None,
            is_absent: None,
        };
        switches.visit_file(&syn::parse_file(text)?);
        Ok(switches)
    }

    /// The mutants that begin here and can be switched, and their replacements.
    fn take(&mut self, genre: &str, span: Span) -> Vec<(u32, String)> {
        let mut taken = Vec::new();
        for (place, number) in self
            .places
            .iter()
            .filter(|(place, _)| place.is(genre, span))
        {
            if let Some(reason) = self.is_absent.or(self.is_fixed) {
                self.left.insert(*number, reason);
            } else if self.leave.contains(&*number.to_string()) {
                self.left.insert(*number, "does not compile");
            } else {
                self.left.remove(number);
                taken.push((*number, place.replacement.clone()));
            }
        }
        taken
    }

    fn leave_out(&mut self, genre: &str, span: Span, reason: &'static str) {
        for (place, number) in &self.places {
            if place.is(genre, span) {
                self.left.insert(*number, reason);
            }
        }
    }

    /// Switches an expression between itself and other texts.
    fn switch_expression(&mut self, range: Range<usize>, texts: &[(u32, String)]) {
        let Some(((last, text), others)) = texts.split_last() else {
            return;
        };
        let numbers: Vec<_> = texts.iter().map(|(number, _)| number.to_string()).collect();
        let before = format!("(if crate::mutant::none([{}]) {{ ", numbers.join(", "));
        let mut after = " }".to_owned();
        for (number, text) in others {
            after += &format!(
                " {}",
                region(
                    *number,
                    &format!("else if crate::mutant::is({number}) {{ {text} }}")
                )
            );
        }
        after += &format!(" {})", region(*last, &format!("else {{ {text} }}")));
        self.wraps.around(range, before, after);
    }

    /// The mutants of the operators that hold `expr` together, each with the whole text that it makes.
    fn operators(&mut self, expr: &Expr, whole: &Range<usize>, texts: &mut Vec<(u32, String)>) {
        let Expr::Binary(ExprBinary {
            left, op, right, ..
        }) = expr
        else {
            return;
        };
        self.operators(left, whole, texts);
        let range = op.span().byte_range();
        for (number, replacement) in self.take("BinaryOperator", op.span()) {
            let before = &self.text[whole.start..range.start];
            let after = &self.text[range.end..whole.end];
            texts.push((number, format!("{before}{replacement}{after}")));
        }
        self.operators(right, whole, texts);
    }

    fn visit_operands(&mut self, expr: &Expr) {
        match expr {
            Expr::Binary(binary) => {
                self.visit_operands(&binary.left);
                self.visit_operands(&binary.right);
            }
            other => self.visit_expr(other),
        }
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) else {
            return;
        };
        let start = first.span().byte_range().start;
        let mut is_iterator = false;
        if let ReturnType::Type(_, returned) = &signature.output {
            is_iterator = matches!(**returned, syn::Type::ImplTrait(_));
            if !is_iterator && self.text[returned.span().byte_range()].contains("impl ") {
                // Each body would have a type of its own.
                self.leave_out("FnValue", first.span(), "impl trait");
                return;
            }
        }
        let mut text = String::new();
        let (mut before, mut after) = (String::new(), String::new());
        for (number, mut replacement) in self.take("FnValue", first.span()) {
            if is_iterator {
                // Each is a variant of one type.
                replacement = format!("{before}crate::mutant::Or::A({replacement}){after}");
                before += "crate::mutant::Or::B(";
                after += ")";
            }
            let returns = format!("if crate::mutant::is({number}) {{ return {replacement}; }}");
            text += &region(number, &returns);
            text.push(' ');
        }
        self.wraps.insert(start, text);
        if !before.is_empty() {
            let whole = start..last.span().byte_range().end;
            self.wraps
                .around(whole, format!("{before}{{ "), format!(" }}{after}"));
        }
    }

    /// Visits what is inside an item with these attributes.
    fn under(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outside = self.is_absent;
        self.is_absent = outside.or(attributes.iter().find_map(absence));
        visit(self);
        self.is_absent = outside;
    }

    /// Visits what is inside a function, which loses its `const`.
    fn in_function(&mut self, signature: &Signature, block: &Block, visit: impl FnOnce(&mut Self)) {
        let outside = self.is_fixed.take();
        if let Some(token) = &signature.constness {
            if self.leave.contains(&*signature.ident.to_string()) {
                self.is_fixed = Some("const");
            } else {
                let range = token.span.byte_range();
                self.wraps.around(range, "/*".to_owned(), "*/".to_owned());
            }
        }
        self.function(signature, block);
        visit(self);
        self.is_fixed = outside;
    }

    fn in_const(&mut self, visit: impl FnOnce(&mut Self)) {
        let outside = self.is_fixed.replace("const");
        visit(self);
        self.is_fixed = outside;
    }

    fn arm(&mut self, arm: &Arm) {
        for (number, _) in self.take("MatchArm", arm.span()) {
            let guard = region(number, &format!(" if !crate::mutant::is({number})"));
            self.wraps.insert(arm.pat.span().byte_range().end, guard);
        }
        let Some((_, guard)) = &arm.guard else {
            return;
        };
        let (mut before, mut after) = (String::new(), String::new());
        for (number, replacement) in self.take("MatchArmGuard", guard.span()) {
            let (text, end) = match &*replacement {
                "false" => (format!("!crate::mutant::is({number}) && "), ""),
                _ if has_let(guard) => {
                    self.left.insert(number, "let in a guard");
                    continue;
                }
                _ => (format!("(crate::mutant::is({number}) || "), ")"),
            };
            before += &region(number, &text);
            after += end;
        }
        if !has_let(guard) && !before.is_empty() {
            before.push('(');
            after.insert(0, ')');
        }
        self.wraps.around(guard.span().byte_range(), before, after);
    }
}

/// A mutant's own text, between marks by which an error of the compiler is assigned to it.
fn region(number: u32, text: &str) -> String {
    format!("/*<{number}*/{text}/*{number}>*/")
}

/// Why an attribute keeps its item out of the library with all features.
fn absence(attribute: &Attribute) -> Option<&'static str> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let what = list.tokens.to_string();
    if !list.path.is_ident("cfg") {
        None
    } else if what.starts_with("not") && what.contains("feature") {
        Some("fewer features")
    } else if what.starts_with("all") && what.contains("test ,") {
        Some("a test")
    } else {
        None
    }
}

/// Whether a function of the same module is called.
fn is_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => function.path.get_ident().is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a `let` stands among the conditions.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Switches<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.under(&item.attrs, |s| visit::visit_item_mod(s, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.under(&item.attrs, |s| visit::visit_item_impl(s, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.under(&item.attrs, |s| {
            s.in_function(&item.sig, &item.block, |s| visit::visit_item_fn(s, item));
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.under(&item.attrs, |s| {
            s.in_function(&item.sig, &item.block, |s| {
                visit::visit_impl_item_fn(s, item);
            });
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.in_function(&item.sig, block, |s| {
                visit::visit_trait_item_fn(s, item);
            });
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_const(|s| visit::visit_item_const(s, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.in_const(|s| visit::visit_impl_item_const(s, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        if is_call(&item.expr) {
            // Then it is made when it is needed, by a function that need not be `const`.
            let lazy = "::std::sync::LazyLock";
            self.wraps.around(
                item.ty.span().byte_range(),
                format!("{lazy}<"),
                ">".to_owned(),
            );
            self.wraps.around(
                item.expr.span().byte_range(),
                format!("{lazy}::new(|| "),
                ")".to_owned(),
            );
            return;
        }
        self.in_const(|s| visit::visit_item_static(s, item));
    }

    fn visit_expr_const(&mut self, expr: &'ast syn::ExprConst) {
        self.in_const(|s| visit::visit_expr_const(s, expr));
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.in_const(|s| visit::visit_type_array(s, array));
    }

    fn visit_expr_repeat(&mut self, expr: &'ast syn::ExprRepeat) {
        self.visit_expr(&expr.expr);
        self.in_const(|s| s.visit_expr(&expr.len));
    }

    fn visit_pat(&mut self, pat: &'ast syn::Pat) {
        self.in_const(|s| visit::visit_pat(s, pat));
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if matches!(binary.op, BinOp::And(_)) && (has_let(&binary.left) || has_let(&binary.right)) {
            // What a `let` binds must be seen by what follows, so nothing can be put around it.
            self.leave_out("BinaryOperator", binary.op.span(), "let chain");
            self.visit_expr(&binary.left);
            self.visit_expr(&binary.right);
            return;
        }
        let whole = binary.left.span().byte_range().start..binary.right.span().byte_range().end;
        let mut texts = Vec::new();
        let expr = Expr::Binary(binary.clone());
        self.operators(&expr, &whole, &mut texts);
        self.switch_expression(whole, &texts);
        self.visit_operands(&expr);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        if matches!(unary.op, UnOp::Not(_) | UnOp::Neg(_)) {
            let operand = unary.expr.span().byte_range();
            let whole = unary.op.span().byte_range().start..operand.end;
            let taken = self.take("UnaryOperator", unary.op.span());
            let texts: Vec<_> = taken
                .into_iter()
                .map(|(number, _)| (number, self.text[operand.clone()].to_owned()))
                .collect();
            self.switch_expression(whole, &texts);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, expr: &'ast ExprMatch) {
        for arm in &expr.arms {
            self.arm(arm);
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'ast ExprStruct) {
        if let Some(rest) = &expr.rest {
            for field in &expr.fields {
                let Member::Named(name) = &field.member else {
                    continue;
                };
                let base = &self.text[rest.span().byte_range()];
                let whole = field.expr.span().byte_range();
                if field.colon_token.is_none() {
                    self.wraps.insert(whole.start, format!("{name}: "));
                }
                let base = match &**rest {
                    Expr::Path(_) | Expr::Field(_) => format!("{base}.{name}"),
                    _ => {
                        let path = &self.text[expr.path.span().byte_range()];
                        format!("let base: {path} = {base}; base.{name}")
                    }
                };
                let taken = self.take("StructField", field.span());
                let texts: Vec<_> = taken
                    .into_iter()
                    .map(|(number, _)| (number, base.clone()))
                    .collect();
                self.switch_expression(whole, &texts);
            }
        }
        visit::visit_expr_struct(self, expr);
    }
}

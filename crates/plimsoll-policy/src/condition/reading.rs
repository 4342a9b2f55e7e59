//! What a condition is made of: which names it has, which fields they have, what it may cost, and whether hiding evidence
//! could make it true. All of it is found out when the policy is loaded, on the parsed expression.

use super::shape::{Growth, Kind, Shape};
use crate::{ConditionError, Limits, schema};
use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, operators},
};
use plimsoll_core::{Escaped, Schema};
use std::collections::BTreeSet;

/// What is known of an expression.
#[derive(Clone, Debug)]
struct Node {
    shape: Shape,
    cost: u64,
    /// Most items, where it is a list or a map.
    items: u64,
    growth: Growth,
}

/// What is known of a whole condition.
#[derive(Debug)]
pub(super) struct Reading {
    /// Lists of rows, by kind.
    pub(super) lists: BTreeSet<&'static str>,
    /// The same, of rows that nobody vouches for.
    pub(super) claimed: BTreeSet<&'static str>,
    /// Whether it reads the image, the request and the time.
    pub(super) image: bool,
    pub(super) request: bool,
    pub(super) now: bool,
    /// The fields that it names.
    pub(super) fields: BTreeSet<(&'static str, &'static str)>,
    pub(super) growth: Growth,
}

/// A variable that stands for a list of rows: its name and their kind.
pub(super) type Lists = Vec<(String, &'static Schema)>;

pub(super) fn read(expression: &IdedExpr, lists: &Lists, limits: &Limits) -> Result<Reading, ConditionError> {
    let reading = Reading {
        lists: BTreeSet::new(),
        claimed: BTreeSet::new(),
        image: false,
        request: false,
        now: false,
        fields: BTreeSet::new(),
        growth: Growth::Fixed,
    };
    let rows = u64::try_from(limits.condition_rows).unwrap_or(u64::MAX);
    let mut walk = Walk { lists, rows, bound: Vec::new(), reading };
    let node = walk.node(expression)?;
    if !matches!(node.shape, Shape::Bool | Shape::Any) {
        return Err(mistyped("a truth value", &node.shape));
    }
    if node.cost > limits.condition_cost {
        return Err(ConditionError::Cost { limit: limits.condition_cost, found: node.cost });
    }
    walk.reading.growth = node.growth;
    Ok(walk.reading)
}

struct Walk<'w> {
    lists: &'w Lists,
    rows: u64,
    bound: Vec<(String, Shape)>,
    reading: Reading,
}

impl Walk<'_> {
    fn node(&mut self, expression: &IdedExpr) -> Result<Node, ConditionError> {
        match &expression.expr {
            Expr::Call(call) => self.call(call),
            Expr::Ident(name) => self.variable(name),
            Expr::List(list) => {
                let mut node = Node { shape: Shape::Any, cost: 1, items: 0, growth: Growth::Fixed };
                for element in &list.elements {
                    let element = self.node(element)?;
                    node.cost = node.cost.saturating_add(element.cost);
                    node.items = node.items.saturating_add(1);
                    node.growth = node.growth.with(element.growth.or_mixed());
                    node.shape = element.shape;
                }
                Ok(Node { shape: Shape::List(Box::new(node.shape)), ..node })
            }
            Expr::Literal(literal) => literal_shape(literal).map(|shape| fixed(shape, 0)),
            Expr::Select(select) => self.select(select),
            _ => Err(syntax("expected no struct or map literal")),
        }
    }
    fn variable(&mut self, name: &str) -> Result<Node, ConditionError> {
        if let Some((_, shape)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(fixed(shape.clone(), self.rows));
        }
        if let Some((_, schema)) = self.lists.iter().find(|(list, _)| list == name) {
            self.reading.lists.insert(schema.kind);
            return Ok(Node { growth: Growth::Rises, ..fixed(rows_of(schema), self.rows) });
        }
        match name {
            "claimed" => Ok(fixed(Shape::Claimed, 0)),
            "image" => {
                self.reading.image = true;
                Ok(fixed(Shape::Record(Kind(&schema::IMAGE)), 0))
            }
            "now" => {
                self.reading.now = true;
                Ok(fixed(Shape::Text, 0))
            }
            "request" => {
                self.reading.request = true;
                Ok(fixed(Shape::Record(Kind(&schema::REQUEST)), 0))
            }
            _ => Err(ConditionError::UnknownVariable { name: Escaped::new(name) }),
        }
    }
    fn select(&mut self, select: &SelectExpr) -> Result<Node, ConditionError> {
        let operand = self.node(&select.operand)?;
        let unknown =
            |kind: &str| ConditionError::UnknownField { kind: kind.into(), field: Escaped::new(&select.field) };
        let shape = match &operand.shape {
            Shape::Claimed => {
                let (_, schema) =
                    self.lists.iter().find(|(list, _)| *list == select.field).ok_or_else(|| unknown("claimed"))?;
                self.reading.claimed.insert(schema.kind);
                rows_of(schema)
            }
            Shape::Map => Shape::Text,
            Shape::Record(Kind(schema)) => {
                let (field, kind, _) = schema
                    .fields
                    .iter()
                    .find(|(field, ..)| *field == select.field)
                    .ok_or_else(|| unknown(schema.kind))?;
                self.reading.fields.insert((schema.kind, field));
                Shape::of(*kind)
            }
            other => return Err(mistyped("a record or a map before a field", other)),
        };
        Ok(Node { shape, cost: operand.cost.saturating_add(1), items: self.rows, growth: operand.growth.or_mixed() })
    }
    fn call(&mut self, call: &CallExpr) -> Result<Node, ConditionError> {
        let name = call.func_name.as_str();
        match (name, &call.target, call.args.as_slice()) {
            (
                operators::ALL | operators::EXISTS | operators::EXISTS_ONE | operators::FILTER,
                Some(range),
                [variable, body],
            ) => self.comprehension(name, range, variable, body),
            (operators::HAS, None, [field]) if matches!(field.expr, Expr::Select(_)) => {
                let field = self.node(field)?;
                Ok(Node { shape: Shape::Bool, ..field })
            }
            (operators::CONDITIONAL, None, [choice, yes, no]) => {
                let (choice, yes, no) = (self.node(choice)?, self.node(yes)?, self.node(no)?);
                expect(&choice.shape, &Shape::Bool)?;
                let shape = if yes.shape == no.shape { yes.shape } else { Shape::Any };
                let growth = choice.growth.or_mixed().with(yes.growth).with(no.growth);
                let cost = choice.cost.saturating_add(yes.cost).saturating_add(no.cost).saturating_add(1);
                Ok(Node { shape, cost, items: yes.items.max(no.items), growth })
            }
            (operators::LOGICAL_NOT, None, [one]) => {
                let one = self.node(one)?;
                expect(&one.shape, &Shape::Bool)?;
                Ok(Node {
                    shape: Shape::Bool,
                    cost: one.cost.saturating_add(1),
                    items: 0,
                    growth: one.growth.flipped(),
                })
            }
            ("size", None, [_]) | ("size", Some(_), []) => {
                let of = self.node(call.target.as_deref().or(call.args.first()).ok_or_else(|| unknown(name))?)?;
                Ok(Node { shape: Shape::Int, cost: of.cost.saturating_add(1), items: 0, growth: of.growth })
            }
            ("contains" | "endsWith" | "startsWith", Some(text), [part]) => {
                let (text, part) = (self.node(text)?, self.node(part)?);
                expect(&text.shape, &Shape::Text)?;
                expect(&part.shape, &Shape::Text)?;
                Ok(pair(Shape::Bool, &text, &part, text.growth.with(part.growth).or_mixed(), TEXT_STEPS))
            }
            (_, None, [left, right]) => self.binary(name, left, right),
            _ => Err(unknown(name)),
        }
    }
    fn binary(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Result<Node, ConditionError> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        let same = || same(&left.shape, &right.shape);
        let mixed = left.growth.with(right.growth).or_mixed();
        let (shape, growth) = match name {
            operators::LOGICAL_AND | operators::LOGICAL_OR => {
                expect(&left.shape, &Shape::Bool)?;
                expect(&right.shape, &Shape::Bool)?;
                (Shape::Bool, left.growth.with(right.growth))
            }
            operators::EQUALS | operators::NOT_EQUALS => {
                same()?;
                (Shape::Bool, mixed)
            }
            operators::GREATER | operators::GREATER_EQUALS => {
                same()?;
                (Shape::Bool, left.growth.with(right.growth.flipped()))
            }
            operators::LESS | operators::LESS_EQUALS => {
                same()?;
                (Shape::Bool, left.growth.flipped().with(right.growth))
            }
            operators::IN => match &right.shape {
                Shape::List(item) => {
                    self::same(&left.shape, item)?;
                    (Shape::Bool, left.growth.or_mixed().with(right.growth))
                }
                Shape::Map => (Shape::Bool, mixed),
                other => return Err(mistyped("a list or a map after `in`", other)),
            },
            operators::INDEX => match &right.shape {
                Shape::Text if left.shape == Shape::Map => (Shape::Text, mixed),
                Shape::Int if matches!(left.shape, Shape::List(_)) => match &left.shape {
                    Shape::List(item) => ((**item).clone(), mixed),
                    _ => (Shape::Any, mixed),
                },
                _ => return Err(mistyped("a map or a list before an index", &left.shape)),
            },
            operators::ADD | operators::SUBSTRACT | operators::MULTIPLY => {
                expect(&left.shape, &Shape::Int)?;
                expect(&right.shape, &Shape::Int)?;
                (Shape::Int, mixed)
            }
            _ => return Err(unknown(name)),
        };
        Ok(pair(shape, &left, &right, growth, TEXT_STEPS))
    }
    fn comprehension(
        &mut self,
        name: &str,
        range: &IdedExpr,
        variable: &IdedExpr,
        body: &IdedExpr,
    ) -> Result<Node, ConditionError> {
        let range = self.node(range)?;
        let Expr::Ident(variable) = &variable.expr else {
            return Err(syntax("expected a name for the items of a list"));
        };
        let item = match &range.shape {
            Shape::List(item) => (**item).clone(),
            Shape::Map => Shape::Text,
            other => return Err(mistyped("a list or a map", other)),
        };
        self.bound.push((variable.clone(), item));
        let body = self.node(body);
        self.bound.pop();
        let body = body?;
        expect(&body.shape, &Shape::Bool)?;
        let growth = match name {
            operators::EXISTS => range.growth.with(body.growth),
            operators::ALL => range.growth.flipped().with(body.growth),
            operators::FILTER if body.growth == Growth::Fixed => range.growth,
            _ => range.growth.with(body.growth).or_mixed(),
        };
        let shape = if name == operators::FILTER { range.shape } else { Shape::Bool };
        let steps = range.items.saturating_mul(body.cost.saturating_add(1));
        Ok(Node { shape, cost: range.cost.saturating_add(steps), items: range.items, growth })
    }
}

fn rows_of(schema: &'static Schema) -> Shape {
    Shape::List(Box::new(Shape::Record(Kind(schema))))
}

fn fixed(shape: Shape, items: u64) -> Node {
    Node { shape, cost: 1, items, growth: Growth::Fixed }
}

fn pair(shape: Shape, left: &Node, right: &Node, growth: Growth, steps: u64) -> Node {
    let cost = left.cost.saturating_add(right.cost).saturating_add(steps);
    Node { shape, cost, items: left.items, growth }
}

fn literal_shape(literal: &LiteralValue) -> Result<Shape, ConditionError> {
    match literal {
        LiteralValue::Boolean(_) => Ok(Shape::Bool),
        LiteralValue::Int(_) => Ok(Shape::Int),
        LiteralValue::String(_) => Ok(Shape::Text),
        // Fractions are compared inexactly, `null` is not a value of any field.
        _ => Err(syntax("expected a truth value, an integer or a text, found another literal")),
    }
}

fn expect(found: &Shape, wanted: &Shape) -> Result<(), ConditionError> {
    if found == wanted || *found == Shape::Any { Ok(()) } else { Err(mistyped(wanted.words(), found)) }
}

/// Values of two types are never equal and never ordered: comparing them is a mistake, not `false`.
fn same(left: &Shape, right: &Shape) -> Result<(), ConditionError> {
    match (left, right) {
        (Shape::Any, _) | (_, Shape::Any) => Ok(()),
        (left, right) if left.is_scalar() && left == right => Ok(()),
        (left, right) if left.is_scalar() => Err(mistyped(left.words(), right)),
        (left, _) => Err(mistyped("a truth value, an integer or a text", left)),
    }
}

fn mistyped(expected: &str, found: &Shape) -> ConditionError {
    ConditionError::Type { expected: expected.into(), found: found.words().into() }
}

fn unknown(name: &str) -> ConditionError {
    // `_/_` is how the parser calls `/`.
    let name = if name.len() > 1 { name.trim_matches('_') } else { name };
    ConditionError::UnknownFunction { name: Escaped::new(name) }
}

fn syntax(problem: &str) -> ConditionError {
    ConditionError::Syntax { problem: Escaped::new(problem) }
}

/// What an operation on two texts costs, in steps.
const TEXT_STEPS: u64 = 4;

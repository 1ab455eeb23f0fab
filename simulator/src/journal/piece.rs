//! A piece of a graph as it stands in the journal: for most tasks one byte, and one for each dependency.

use super::block::Block;
use super::cursor::Cursor;
use super::digest::task_number;
use super::error::Nonsense;
use partita_graph::TaskOptions;
use partita_protocol::scheduler::{NewTask, Piece};
use partita_protocol::{PrefixId, TaskId};
use std::sync::Arc;

/// What a task's first byte tells: which of its fields are not as expected after the task before it.
mod flag {
    pub(super) const TASK: u8 = 1;
    pub(super) const PREFIX: u8 = 2;
    pub(super) const RANK: u8 = 4;
    pub(super) const DEPENDENTS: u8 = 8;
    pub(super) const DEPENDENCIES: u8 = 16;
    pub(super) const WANTED: u8 = 32;
    pub(super) const DATA: u8 = 64;
    pub(super) const OPTIONS: u8 = 128;
}

/// What is expected of a task: that it follows the one before it.
#[derive(Default)]
struct Expected {
    task: u64,
    prefix: u32,
    rank: u32,
    dependents: u32,
    dependencies: u32,
}

impl Expected {
    fn after(task: &NewTask) -> Self {
        Expected {
            task: task_number(task.task).wrapping_add(1),
            prefix: task.prefix.0,
            rank: task.rank.wrapping_add(1),
            dependents: task.dependents,
            dependencies: task.dependencies.end,
        }
    }
}

/// Adds a piece to a block.
pub(super) fn write(block: &mut Block, piece: &Piece) {
    block.signed(piece.generation as u64);
    block.number(piece.dependencies.len() as u64);
    let mut last = 0;
    for dependency in &piece.dependencies {
        let dependency = task_number(*dependency);
        block.signed(dependency.wrapping_sub(last));
        last = dependency;
    }
    block.number(piece.tasks.len() as u64);
    let mut expected = Expected::default();
    for task in &piece.tasks {
        write_task(block, &expected, task);
        expected = Expected::after(task);
    }
    block.number(piece.withdrawn.len() as u64);
    for (task, count) in &piece.withdrawn {
        block.number(task_number(*task));
        block.number(u64::from(*count));
    }
}

fn write_task(block: &mut Block, expected: &Expected, new: &NewTask) {
    let NewTask { task, prefix, rank, dependents, dependencies, wanted, data, options } = new;
    let task = task_number(*task);
    let has_dependencies = *dependencies != (expected.dependencies..expected.dependencies);
    let bit = |is: bool, flag: u8| if is { flag } else { 0 };
    let flags = bit(task != expected.task, flag::TASK)
        | bit(prefix.0 != expected.prefix, flag::PREFIX)
        | bit(*rank != expected.rank, flag::RANK)
        | bit(*dependents != expected.dependents, flag::DEPENDENTS)
        | bit(has_dependencies, flag::DEPENDENCIES)
        | bit(*wanted, flag::WANTED)
        | bit(*data, flag::DATA)
        | bit(options.is_some(), flag::OPTIONS);
    block.byte(flags);
    if flags & flag::TASK != 0 {
        block.signed(task.wrapping_sub(expected.task));
    }
    if flags & flag::PREFIX != 0 {
        block.number(u64::from(prefix.0));
    }
    if flags & flag::RANK != 0 {
        block.number(u64::from(*rank));
    }
    if flags & flag::DEPENDENTS != 0 {
        block.number(u64::from(*dependents));
    }
    if has_dependencies {
        block.number(u64::from(dependencies.start.wrapping_sub(expected.dependencies)));
        block.number(u64::from(dependencies.end.wrapping_sub(dependencies.start)));
    }
    if let Some(options) = options {
        block.counted(&rmp_serde::to_vec(&**options).unwrap_or_default());
    }
}

/// Takes a piece.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Piece, Nonsense> {
    let mut piece = Piece { generation: cursor.signed()? as i64, ..Piece::default() };
    let count = cursor.length()?;
    piece.dependencies.reserve_exact(count);
    let mut last = 0u64;
    for _ in 0..count {
        last = last.wrapping_add(cursor.signed()?);
        piece.dependencies.push(task_id(last));
    }
    let mut expected = Expected::default();
    for _ in 0..cursor.length()? {
        let task = read_task(cursor, &expected)?;
        expected = Expected::after(&task);
        piece.tasks.push(task);
    }
    for _ in 0..cursor.length()? {
        piece.withdrawn.push((task_id(cursor.number()?), cursor.small()?));
    }
    Ok(piece)
}

fn read_task(cursor: &mut Cursor<'_>, expected: &Expected) -> Result<NewTask, Nonsense> {
    let flags = cursor.byte()?;
    let is = |flag: u8| flags & flag != 0;
    let task = if is(flag::TASK) { expected.task.wrapping_add(cursor.signed()?) } else { expected.task };
    let prefix = PrefixId(if is(flag::PREFIX) { cursor.small()? } else { expected.prefix });
    let rank = if is(flag::RANK) { cursor.small()? } else { expected.rank };
    let dependents = if is(flag::DEPENDENTS) { cursor.small()? } else { expected.dependents };
    let mut dependencies = expected.dependencies..expected.dependencies;
    if is(flag::DEPENDENCIES) {
        dependencies.start = expected.dependencies.wrapping_add(cursor.small()?);
        dependencies.end = dependencies.start.wrapping_add(cursor.small()?);
    }
    let options = if is(flag::OPTIONS) { Some(Arc::new(cursor.value::<TaskOptions>()?)) } else { None };
    let (wanted, data) = (is(flag::WANTED), is(flag::DATA));
    Ok(NewTask { task: task_id(task), prefix, rank, dependents, dependencies, wanted, data, options })
}

/// The task that a number stands for.
pub(super) fn task_id(number: u64) -> TaskId {
    TaskId::new(number as u32, (number >> 32) as u32)
}

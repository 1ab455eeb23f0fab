//! Joined, padded and made arrays: what is refused, and what takes no memory.

use crate::array_joins::array_of;
use crate::run;
use partita_collections::Collection;
use partita_collections::array::{Array, Chunks, Cut, Indexing, Pad, PadBy};

#[test]
fn views_take_no_memory_of_their_own() {
    // Eight terabytes, of which nobody has a copy.
    let wide = Array::<f64>::full([1 << 20, 1 << 20], 1.0, Chunks::whole());
    assert!(wide.check().is_ok());
    let line = Array::linspace(0.0, 1.0, 1 << 17, Chunks::whole());
    let mesh = Array::meshgrid([&line, &line], Indexing::Ij);
    assert!(mesh.iter().all(|array| array.check().is_ok()));
    let rows = Array::broadcast_arrays([&line, &line.reshape([1 << 17, 1])]);
    assert!(rows.iter().all(|array| array.check().is_ok()));
}

#[track_caller]
fn refused<C: Collection>(collection: &C, text: &str) {
    let error = partita_collections::bag::on_reference(collection).err().unwrap().to_string();
    assert!(error.contains(text) && error.contains("array_joins_refused.rs"), "{error}\n{text}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (m, v) = (array_of(&[3, 4], 2), array_of(&[5], 2));
    let cases: Vec<(Array<i64>, &str)> = vec![
        (Array::concatenate([], 0), "`concatenate` cannot take `arrays` = []: there must be at least one array"),
        (Array::concatenate([&m, &v], 0), "cannot join shapes (3, 4) and (5,): they have 2 and 1 axes"),
        (
            Array::concatenate([&m, &m.t()], 0),
            "`concatenate` cannot join shapes (3, 4) and (4, 3) along axis 0: axis 1 has 4 and 3, and must have one length",
        ),
        (Array::concatenate([&m, &m], 2), "`concatenate` was asked for axis 2 of an array with 2 axes"),
        (Array::stack([&m, &m.t()], 0), "`stack` cannot join shapes (3, 4) and (4, 3): axis 0 has 3 and 4"),
        (Array::stack([&m, &m], 3), "`stack` was asked for axis 3 of an array with 3 axes"),
        (Array::hstack([&m, &v]), "`hstack` cannot join"),
        (Array::vstack([&m, &v]), "`vstack` cannot join shapes (3, 4) and (1, 5) along axis 0"),
        (Array::block(Vec::<Array<i64>>::new()), "each list has at least one array"),
        (Array::block([vec![&m], vec![]]), "each list has at least one array"),
        (m.append(&v, 0), "`append` cannot join"),
        (m.flip(2), "`flip` was asked for axis 2"),
        (v.fliplr(), "`fliplr` was asked for axis 1 of an array with 1 axis"),
        (m.roll(1, [0, 0]), "`roll` was asked for axis 0 twice"),
        (m.roll_axes(&[(1, 5)]), "`roll` was asked for axis 5"),
        (m.repeat([1, 2], 0), "`repeat` cannot take `counts` = 2 numbers along axis 0 of length 3"),
        (m.repeat(usize::MAX, 0), "no axis may be longer than 2^48"),
        (m.tile(usize::MAX), "no axis may be longer than 2^48"),
        (v.tile(1 << 40), "chunks, more than"),
        (m.pad([(1, 1)], Pad::Edge), "`pad` cannot take `widths` = [(1, 1)]: there must be one for all sides"),
        (m.pad(usize::MAX, Pad::Edge), "it must be at most 2^40"),
        (array_of(&[0, 2], 1).pad(1, Pad::Wrap), "axes without elements are padded with constants only"),
        (m.pad_by([(1, 1)], PadBy::Mean), "`pad_by` cannot take `widths` = [(1, 1)]: there must be one for all sides"),
        (array_of(&[0, 2], 1).pad_by(1, PadBy::LinearRamp(0)), "axes without elements are padded with constants only"),
        (v.tril(0), "`tril` takes an array of two or more axes, and this array has shape (5,)"),
        (array_of(&[2, 2, 2], 1).diag(0), "`diag` takes a vector or a matrix, and this array has shape (2, 2, 2)"),
        (m.diagonal(0, 1, -1), "`diagonal` was asked for axis 1 twice"),
        (Array::eye([2, 2, 2], 0, 1), "`eye` cannot take `shape` = [2, 2, 2]: a matrix has one length or two"),
        (Array::meshgrid([&m], Indexing::Xy).remove(0), "`meshgrid` takes vectors, and this array has shape (3, 4)"),
        (Array::broadcast_arrays([&m, &v]).remove(1), "`broadcast_arrays` cannot pair shapes (3, 4) and (5,)"),
        (Array::unify_chunks([&m, &v]).remove(0), "`unify_chunks` cannot pair shapes (3, 4) and (5,)"),
    ];
    for (array, text) in cases {
        refused(&array, text);
        refused(&Array::concatenate([&array, &array], 0), text);
    }
    refused(&Array::<f64>::linspace(0.0, 1.0, usize::MAX, 1), "it must be at most 2^53");
}

#[test]
fn blocks_that_would_not_fit_are_refused_with_a_remedy() {
    let line = Array::linspace(0.0, 1.0, 1 << 17, Chunks::whole());
    let text = "would make blocks of shape (131072, 131072), 128.0 GiB each, more than the 8.0 GiB that a block may have: \
                make the chunks smaller, here or with `rechunk` in what it is made of; blocks of (32768, 32768) would do";
    refused(&line.diag(0), &format!("`diag` {text}"));
    refused(&(line.reshape([1 << 17, 1]) + &line), &format!("`+` {text}"));
    refused(&(line.reshape([1 << 17, 1]) + &line).sum().item(), &format!("`+` {text}"));
    refused(&Array::<f64>::eye(1 << 17, 0, Cut::Whole), &format!("`eye` {text}"));
    assert!(line.rechunk(1 << 15).diag(0).check().is_ok());
}

#[test]
fn lengths_may_be_unknown_where_nobody_asks_for_them() {
    let x = array_of(&[6], 2);
    let some = x.mask(&x.gt(2));
    assert_eq!(run(&Array::concatenate([&some, &x], 0)), ndarray::array![3i64, 4, 5, 0, 1, 2, 3, 4, 5].into_dyn());
    assert_eq!(run(&Array::stack([&some, &-&some], 1)), ndarray::array![[3i64, -3], [4, -4], [5, -5]].into_dyn());
    assert_eq!(run(&some.full_like(2)), ndarray::array![2i64, 2, 2].into_dyn());
    refused(&some.flip(0), "`flip` needs to know how long axis 0 is");
    refused(&some.pad(1, Pad::Edge), "`pad` needs to know how long axis 0 is");
    refused(&Array::stack([&some, &x], 0), "`stack` cannot pair axes of 3 and 3 chunks of unknown lengths");
}

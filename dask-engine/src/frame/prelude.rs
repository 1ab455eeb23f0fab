//! What stands before the frames of a message.

use bytes::{BufMut, Bytes, BytesMut};

/// A frame from this size on is not to be read together with those before it: a reader in Python keeps it apart, uncopied.
const BIG: usize = 64 << 10;

/// What stands before these frames on the socket.
///
/// ```
/// use bytes::Bytes;
///
/// let prelude = partita_dask::frame::prelude(&[Bytes::from_static(b"\xc0"), Bytes::new()]);
/// assert_eq!(prelude[..], [25, 0, 0, 0, 0, 0, 0, 0,  2, 0, 0, 0, 0, 0, 0, 0,  1, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0]);
/// ```
pub fn prelude(frames: &[Bytes]) -> Bytes {
    let together: usize = frames.iter().map(Bytes::len).take_while(|length| *length < BIG).sum();
    let mut prelude = BytesMut::with_capacity(8 * (2 + frames.len()));
    prelude.put_u64_le((8 * (1 + frames.len()) + together) as u64);
    prelude.put_u64_le(frames.len() as u64);
    for frame in frames {
        prelude.put_u64_le(frame.len() as u64);
    }
    prelude.freeze()
}

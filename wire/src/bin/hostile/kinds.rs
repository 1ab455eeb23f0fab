//! The kinds of hostile connections.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// What a hostile connection does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Says nothing.
    Silent,
    /// Says what is no frame.
    Garbage,
    /// Announces lengths that nobody has.
    Lengths,
    /// Sends short frames that claim to hold billions of things.
    Bombs,
    /// Speaks the protocol and has another token.
    Stranger,
    /// Hangs up in the middle of a handshake.
    Cut,
    /// Sends without end.
    Flood,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Kind; 7] =
        [Kind::Silent, Kind::Garbage, Kind::Lengths, Kind::Bombs, Kind::Stranger, Kind::Cut, Kind::Flood];

    /// What it sends at once.
    pub(crate) fn bytes(self, random: &mut Pcg64Mcg) -> Vec<u8> {
        let mut noise = |length: usize| std::iter::repeat_with(|| random.random()).take(length).collect::<Vec<u8>>();
        match self {
            Kind::Silent => Vec::new(),
            Kind::Garbage => noise(4096),
            Kind::Flood => noise(64 << 10),
            Kind::Lengths => {
                let lengths = [0, 1, 4097, 1 << 31, u64::from(u32::MAX), 1 << 63, u64::MAX];
                lengths[random.random_range(0..lengths.len())].to_le_bytes().to_vec()
            }
            Kind::Bombs => {
                let bombs: [&[u8]; 5] = [
                    b"\xdd\xff\xff\xff\xff",
                    b"\xdf\xff\xff\xff\xff",
                    b"\xc6\xff\xff\xff\xff",
                    b"\xc9\xff\xff\xff\xff\x01",
                    &[0x91; 4000],
                ];
                framed(bombs[random.random_range(0..bombs.len())])
            }
            Kind::Stranger => framed(&stranger(random)),
            Kind::Cut => {
                let mut hello = framed(&stranger(random));
                hello.truncate(random.random_range(0..hello.len()));
                hello
            }
        }
    }

    /// Whether it goes on sending.
    pub(crate) fn goes_on(self) -> bool {
        self == Kind::Flood
    }

    /// Whether it hangs up itself.
    pub(crate) fn hangs_up(self) -> bool {
        self == Kind::Cut
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes(), body].concat()
}

/// A hello of the right form, whose proof is of another token.
fn stranger(random: &mut Pcg64Mcg) -> Vec<u8> {
    let mut hello = partita_wire::MAGIC.to_vec();
    hello.extend_from_slice(&partita_wire::VERSION.to_le_bytes());
    hello.extend_from_slice(&[1, 64, 1, 0, 2, 0]);
    hello.extend(std::iter::repeat_with(|| random.random::<u8>()).take(14 + 16 + 32 + 32));
    hello
}

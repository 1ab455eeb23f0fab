//! Bugs that can be planted into the machines, to prove that the simulator finds them. They exist only with the feature
//! `planted`, and then only on a thread that asked for one: without it every switch is a constant `false`.
//!
//! Each is a bug that Dask's scheduler or worker had, under its number in the list of regressions, or one of a policy.

macro_rules! bugs {
    ($(#[doc = $text:literal] $bug:ident = $regression:literal,)+) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $(#[doc = $text] $bug,)+
        }

        #[cfg(feature = "planted")]
        impl Bug {
            /// All of them.
            pub const ALL: &[Bug] = &[$(Bug::$bug,)+];

            /// What is wrong with it, in words.
            pub fn text(self) -> &'static str {
                match self {
                    $(Bug::$bug => $text.trim_ascii(),)+
                }
            }

            /// Its number in the list of regressions, or "policy".
            pub fn regression(self) -> &'static str {
                match self {
                    $(Bug::$bug => $regression,)+
                }
            }
        }
    };
}

bugs! {
    /// A task of a lost worker stays with it.
    HalfRemoved = "R2",
    /// A lost worker goes on counting as a holder of what others hold too.
    GhostHolder = "R2",
    /// A worker is let go while it runs tasks, and its going counts as a death under them.
    GracefulDeath = "R3",
    /// A task that is handed in when one of its inputs has erred waits for it.
    ErredInput = "R4",
    /// A worker that misses a result is not told who else holds it.
    UnansweredMissing = "R5",
    /// Keys that a peer's answer does not bring are forgotten.
    UnansweredKeys = "R6",
    /// A key that is under way for nobody is fetched once more when it is wanted again.
    TwiceFetched = "R6",
    /// An assignment that comes while its key is under way is lost.
    FlightAssigned = "R7",
    /// An error of an old run errs the task.
    OldFailure = "R8",
    /// A task that gave its thread back and asks to run elsewhere is not run again.
    LongReschedule = "R9",
    /// A key of a transfer that failed when nobody wanted it any more counts as under way for ever.
    CancelledGather = "R10",
    /// An execution whose task is freed keeps its thread for ever.
    CancelledStart = "R11",
    /// An execution whose task is freed lets its inputs go before it has ended.
    OrphanInputs = "R12",
    /// An assignment that waited for a transfer is lost when that fails.
    FailedFlight = "R13",
    /// Workers are not told that another one is lost.
    PeerNotTold = "R14",
    /// A result that comes to be on a worker that leaves is not moved to others.
    LateResult = "R15",
    /// A copy on its way to a worker that is lost is waited for.
    LostTaker = "R15",
    /// An assignment of a key that is to be fetched is lost.
    FetchAssigned = "R16",
    /// A result counts whatever assignment it is of.
    OldResult = "R17",
    /// A queued task stays queued when one of its inputs is lost.
    QueuedInput = "R18",
    /// A worker that leaves stays among those that tasks can be given to.
    LeavingWorker = "R19",
    /// An error by too many deaths does not reach what depends on the task.
    DeathUntold = "R20",
    /// An answer about an old assignment moves the present one.
    OldSteal = "R21",
    /// A worker gives back what it runs already.
    RunningStolen = "R21",
    /// What a lost worker was to get from others stays meant for it.
    LostThief = "R21",
    /// The error of a task that was stolen is not heard.
    StolenFailure = "R22",
    /// A copy of what nobody knows is not refused.
    PhantomCopy = "R23",
    /// A copy of what was forgotten meanwhile ends the scheduler.
    ForgottenCopy = "R24",
    /// An old notice that a task gave its thread back counts for whoever sent it.
    OldSeceded = "R25",
    /// A wish for what nobody knows is kept.
    PhantomWish = "R26",
    /// What depends on a task and is handed in again goes on counting as still to come.
    KnownDependent = "R26",
    /// A task that is no longer wanted does not give its resources back.
    KeptResources = "R28",
    /// What was freed while it was read stays on the books of its worker.
    DriftingBytes = "R29",
    /// A paused worker starts tasks.
    PausedStart = "R30",
    /// A worker that goes on after a pause is not given what is queued.
    IdleResumed = "R31",
    /// Of the clients that want a result only the first is told that it is there.
    SecondClient = "R32",
    /// Tasks without worker are not looked at again when one comes.
    NotRevived = "R33",
    /// A transfer that failed keeps its place.
    HungTransfer = "R36",
    /// A task that waits to be tried again keeps its place in time when it is no longer wanted.
    KeptDelay = "policy",
    /// A deadline passes for a task whose result is there.
    KeptDeadline = "policy",
    /// A client whose last queued task starts goes on counting as one that waits.
    KeptTurn = "policy",
    /// A worker that finds a value gone goes on counting as its holder.
    SilentLoss = "policy",
    /// A copy counts as soon as a worker is told to fetch it.
    EarlyCopy = "policy",
    /// A task that failed is run again at once, whatever wait is asked for.
    HastyRetry = "policy",
    /// A task that fails is run again however often it failed.
    EndlessRetries = "policy",
    /// A task is stolen again and again: nobody counts.
    UncountedSteals = "policy",
    /// A run is given up when half of its time has passed.
    HastyTimeout = "policy",
    /// A run is given up when twice its time has passed.
    LateTimeout = "policy",
    /// A deadline passes a second before it is due.
    HastyDeadline = "policy",
    /// Tasks without worker are given up when half of the time to wait for one has passed.
    HastyGiveUp = "policy",
    /// Tasks without worker are given up later than when the time to wait for one has passed.
    LateGiveUp = "policy",
    /// A task that no worker may run errs as impossible, though one that may could come.
    RashDespair = "policy",
    /// A worker dies, and its death counts under tasks that only waited there.
    BlameTheWaiting = "policy",
    /// A worker that leaves counts as told that it may go, and is not told.
    HeldLeaver = "policy",
}

/// Whether this bug is planted on this thread.
#[cfg(feature = "planted")]
#[inline]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub const fn planted(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug on this thread, for as long as the guard lives.
///
/// ```
/// use partita_protocol::planted::{Bug, plant, planted};
///
/// assert!(!planted(Bug::OldResult));
/// let guard = plant(Bug::OldResult);
/// assert!(planted(Bug::OldResult) && !planted(Bug::OldSteal));
/// drop(guard);
/// assert!(!planted(Bug::OldResult));
/// ```
#[cfg(feature = "planted")]
#[must_use]
pub fn plant(bug: Bug) -> Guard {
    Guard { before: PLANTED.replace(Some(bug)), thread: std::marker::PhantomData }
}

/// Keeps a bug planted; what was planted before is planted again when it goes.
#[cfg(feature = "planted")]
#[derive(Debug)]
pub struct Guard {
    before: Option<Bug>,
    /// It stays on its thread.
    thread: std::marker::PhantomData<*const ()>,
}

#[cfg(feature = "planted")]
impl Drop for Guard {
    fn drop(&mut self) {
        PLANTED.set(self.before);
    }
}

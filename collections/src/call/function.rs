//! Functions of up to eight arguments as task functions.

use super::arg::{Binder, IntoArgs, Params};
use super::name::name_of;
use partita_graph::{
    Data, Fault, Key, Kind, Name, Node, NotPortable, NotRead, Packer, Place, Portable, TaskFn, Token, Travels,
    Unpacker, Value,
};
use std::any::type_name;
use std::error::Error;
use std::sync::Arc;

/// A function of the parameters `P`, given as a tuple.
pub trait Callable<P>: Send + Sync + 'static {
    /// What it returns.
    type Output;

    /// Calls it.
    fn invoke(&self, arguments: P) -> Self::Output;
}

macro_rules! callables {
    ($(($($param:ident $name:ident),*))*) => {
        $(impl<Func, Output, $($param),*> Callable<($($param,)*)> for Func
        where
            Func: Fn($($param),*) -> Output + Send + Sync + 'static,
        {
            type Output = Output;

            fn invoke(&self, ($($name,)*): ($($param,)*)) -> Output {
                self($($name),*)
            }
        })*
    };
}

callables! {
    ()
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
    (A a, B b, C c, D d, E e, F f, G g)
    (A a, B b, C c, D d, E e, F f, G g, H h)
}

/// A call of a function that returns its value.
pub struct Call<F, P: Params> {
    function: F,
    slots: P::Slots,
}

/// A call of a function that returns a `Result`.
pub struct TryCall<F, P: Params>(Call<F, P>);

/// The token of a call: of its function and its constants, if the function captures nothing.
fn token<F: 'static, P: Params>(call: &Call<F, P>) -> Option<Token> {
    let portable = Portable::of(&call.function)?;
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(&portable.offset().to_le_bytes());
    P::write(&call.slots, &mut bytes).then(|| Token::of(&bytes))
}

impl<F, P> TaskFn for Call<F, P>
where
    F: Callable<P>,
    F::Output: Data,
    P: Params,
{
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        Ok(Value::new(self.function.invoke(P::fill(&self.slots, inputs)?)))
    }

    fn returns(&self) -> &'static str {
        type_name::<F::Output>()
    }

    fn portable(&self) -> Option<Portable> {
        Portable::of(&self.function)
    }

    fn token(&self) -> Option<Token> {
        token(self)
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

impl<F: Send + Sync + 'static, P: Params> Travels for Call<F, P> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.function)?;
        self.slots.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(Call { function: from.function_type()?, slots: Travels::unpack(from)? })
    }
}

impl<F, P, T, E> TaskFn for TryCall<F, P>
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    P: Params,
{
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let arguments = P::fill(&self.0.slots, inputs)?;
        self.0.function.invoke(arguments).map(Value::new).map_err(Fault::returned)
    }

    fn returns(&self) -> &'static str {
        type_name::<T>()
    }

    fn portable(&self) -> Option<Portable> {
        Portable::of(&self.0.function)
    }

    fn token(&self) -> Option<Token> {
        token(&self.0)
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

impl<F: Send + Sync + 'static, P: Params> Travels for TryCall<F, P> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.0.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Call::unpack(from).map(TryCall)
    }
}

fn node(function: Arc<dyn TaskFn>, name: Name, binder: Binder, place: Place) -> Node {
    Node::new(Key::unique(name), Kind::Call { function, inputs: binder.into_inputs() }, place)
}

/// The node of a call, with a key of its own.
pub fn call_node<F, P, A>(function: F, arguments: A, place: Place) -> Node
where
    F: Callable<P>,
    F::Output: Data,
    A: IntoArgs<P>,
    P: Params,
{
    let mut binder = Binder::default();
    let name = name_of(&function);
    let slots = arguments.bind(&mut binder);
    node(Arc::new(Call::<F, P> { function, slots }), name, binder, place)
}

/// The node of a call that may fail, with a key of its own.
pub fn try_call_node<F, P, A, T, E>(function: F, arguments: A, place: Place) -> Node
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    A: IntoArgs<P>,
    P: Params,
{
    let mut binder = Binder::default();
    let name = name_of(&function);
    let slots = arguments.bind(&mut binder);
    node(Arc::new(TryCall(Call::<F, P> { function, slots })), name, binder, place)
}

/// The token of a pure call: of its function, its constants and the keys of its inputs. `None` if the function
/// captures something, so that equal calls cannot be told from different ones.
pub fn call_token(node: &Node) -> Option<Token> {
    let Kind::Call { function, inputs } = &node.kind else { return None };
    let token = function.token()?;
    if inputs.is_empty() {
        return Some(token);
    }
    let mut bytes = Vec::with_capacity(16 + 40 * inputs.len());
    bytes.extend_from_slice(&token.to_bytes());
    for input in inputs {
        let key = input.node.part_key(input.part);
        bytes.extend_from_slice(&key.token().to_bytes());
        bytes.extend_from_slice(&key.partition().unwrap_or(u32::MAX).to_le_bytes());
        if key.token().is_none() {
            bytes.extend_from_slice(key.name().as_str().as_bytes());
        }
    }
    Some(Token::of(&bytes))
}

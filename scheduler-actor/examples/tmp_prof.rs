use std::alloc::*;
use std::sync::atomic::*;
struct A; static LIVE: AtomicUsize = AtomicUsize::new(0); static PEAK: AtomicUsize = AtomicUsize::new(0); static N: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for A {
 unsafe fn alloc(&self,l:Layout)->*mut u8{ N.fetch_add(1,Ordering::Relaxed); let v=LIVE.fetch_add(l.size(),Ordering::Relaxed)+l.size(); PEAK.fetch_max(v,Ordering::Relaxed); unsafe{System.alloc(l)} }
 unsafe fn dealloc(&self,p:*mut u8,l:Layout){ LIVE.fetch_sub(l.size(),Ordering::Relaxed); unsafe{System.dealloc(p,l)} }
 unsafe fn realloc(&self,p:*mut u8,l:Layout,n:usize)->*mut u8{ N.fetch_add(1,Ordering::Relaxed); if n>l.size(){let v=LIVE.fetch_add(n-l.size(),Ordering::Relaxed)+n-l.size(); PEAK.fetch_max(v,Ordering::Relaxed);}else{LIVE.fetch_sub(l.size()-n,Ordering::Relaxed);} unsafe{System.realloc(p,l,n)} }
}
#[global_allocator] static G: A = A;
use partita_protocol::scheduler::*; use partita_protocol::worker::{Order,Report}; use partita_protocol::*; use partita_scheduler::Scheduler; use partita_scheduler::machine::Config; use std::time::Instant;
fn main(){
 println!("Effect {} Order {} Event {} NewTask {} Report {} Notice {}", size_of::<Effect>(), size_of::<Order>(), size_of::<Event>(), size_of::<NewTask>(), size_of::<Report>(), size_of::<Notice>());
 for _ in 0..60 {
 let n=100_000u32;
 let mut pieces=vec![]; let mut p=Piece::default();
 for id in 0..=n { let s=p.dependencies.len() as u32; if id==n {p.dependencies.extend((0..n).map(|i|TaskId::new(i,0)));}
  p.tasks.push(NewTask{task:TaskId::new(id,0),prefix:PrefixId(0),rank:id,dependents:u32::from(id<n),dependencies:s..p.dependencies.len() as u32,wanted:id==n,data:false,options:None});
  if p.tasks.len()==512||id==n {pieces.push(std::mem::take(&mut p));} }
 let base=LIVE.load(Ordering::Relaxed);
 let mut s=Scheduler::new(Config::default()); let mut e=Effects::new();
 s.handle(Time(0),Event::ClientJoined{client:ClientId(0)},&mut e);
 for w in 0..2 { s.handle(Time(0),Event::WorkerJoined{worker:WorkerId(w),info:WorkerInfo{name:"a".into(),host:"b".into(),threads:1,memory_limit:0,resources:Default::default()}},&mut e);}
 let mut work:std::collections::VecDeque<(WorkerId,TaskId,Attempt)>=Default::default();
 macro_rules! h {($t:expr,$ev:expr)=>{ s.handle(Time($t),$ev,&mut e); for f in e.drain(){ if let Effect::Order{worker,order:Order::Compute(a)}=f {work.push_back((worker,a.task,a.attempt));} } }}
 let t0=Instant::now();
 for p in pieces { h!(1,Event::GraphSubmitted{client:ClientId(0),piece:p}); }
 let t1=Instant::now(); let m1=LIVE.load(Ordering::Relaxed)-base; let a1=N.load(Ordering::Relaxed);
 let mut i=0; let mut t2=t1; let mut m2=0;
 while let Some((worker,task,attempt))=work.pop_front(){ if task.index() as u32==n {t2=Instant::now(); m2=LIVE.load(Ordering::Relaxed)-base;} i+=1; h!(i,Event::WorkerReported{worker,report:Report::Finished{task,attempt,nbytes:8,started:Time(0),stopped:Time(1000)}}); }
 let t3=Instant::now(); let a2=N.load(Ordering::Relaxed);
 h!(i,Event::ClientLeft{client:ClientId(0)});
 let t4=Instant::now();
 drop(s); let t5=Instant::now();
 let f=|a:Instant,b:Instant|(b-a).as_nanos() as f64/n as f64;
 println!("submit {:.0} run {:.0} join+free {:.0} forget {:.0} drop {:.0} ns; bytes queued {} memory {} peak {} allocs run {}",f(t0,t1),f(t1,t2),f(t2,t3),f(t3,t4),f(t4,t5),m1/n as usize,m2/n as usize,PEAK.load(Ordering::Relaxed)/n as usize,a2-a1);
 }
}

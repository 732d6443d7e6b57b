# What the threads of the bridge report, on the event loop of Julia (native/bridge.hpp).

# A call that runs on a thread of the bridge. What it was given is kept in `kept`.
mutable struct Job
    done::Base.Event
    code::Int32
    kept::Any
end

const jobs = IdDict{Any,Any}()
const jobs_lock = Threads.SpinLock()
const last_token = Threads.Atomic{UInt64}(0)
const listening = Ref{Any}(nothing)  # the AsyncCondition, once there is one
const listen_lock = ReentrantLock()
const on_request = Ref{Function}(identity)  # what to do with requests, their end, and stop signals
const on_ended = Ref{Function}(identity)
const on_stop = Ref{Function}(() -> nothing)
const on_upcall = Ref{Function}(identity)

function listen()
    listening[] === nothing || return
    lock(listen_lock) do
        listening[] === nothing || return
        condition = Base.AsyncCondition()
        ccall((:samara_bridge_start, bridge), Cvoid, (Ptr{Cvoid}, Ptr{Cvoid}),
              cglobal(:uv_async_send), condition.handle)
        task = Task(() -> dispatch(condition))
        task.sticky = true
        schedule(task)
        listening[] = condition
    end
    return
end

function dispatch(condition)
    event = Ref{Event}()
    while true
        # Looking and going to sleep are one step under its lock, which the event loop takes to
        # wake: no event is missed between the two.
        lock(condition.cond)
        found = Int32(0)
        try
            while (found = next_event(event)) == 0
                wait(condition.cond)
            end
        finally
            unlock(condition.cond)
        end
        while found != 0
            try
                handle(event[])
            catch error
                @error "an event of Samara was not handled" exception=(error, catch_backtrace())
            end
            found = next_event(event)
        end
    end
end
next_event(event) = ccall((:samara_bridge_next, bridge), Int32, (Ptr{Event},), event)

function handle(event::Event)
    if event.kind == 1
        lock(jobs_lock)
        job = pop!(jobs, event.token)::Job
        unlock(jobs_lock)
        job.code = event.code
        notify(job.done)
    elseif event.kind == 2
        on_upcall[](Ptr{Upcall}(event.subject))
    elseif event.kind == 3
        on_request[](event.subject)
    elseif event.kind == 4
        on_ended[](event.code)
    elseif event.kind == 5
        on_stop[]()
    end
    return
end

# Starts a job by `start(token)`, which gives a code, and waits for its end. Other tasks go on.
# `interrupted`: called when the waiting task is thrown an exception; the job is waited for anyway.
function wait_job(@nospecialize(start), @nospecialize(kept), @nospecialize(interrupted))
    listen()
    token = Threads.atomic_add!(last_token, UInt64(1)) + 1
    job = Job(Base.Event(), 0, kept)
    lock(jobs_lock)
    jobs[token] = job
    unlock(jobs_lock)
    code = start(token)
    if code != 0
        lock(jobs_lock)
        delete!(jobs, token)
        unlock(jobs_lock)
        return Int32(code)
    end
    failure = nothing
    while true
        try
            wait(job.done)
            break
        catch error
            failure = error
            interrupted()
        end
    end
    failure === nothing || throw(failure)
    return job.code
end

# What a task knows of the request it works for.

mutable struct Request
    pointer::Ptr{Cvoid}
    feeder::Ptr{Cvoid}
    calls::Base.Semaphore  # calls of `call` that are on their way
    guard::Threads.SpinLock
    waiting::Set{Any}      # handles of the calls that it waits for
    closed::Bool           # it makes no more calls
    task::Union{Task,Nothing}
    thread::Int
    thrown::Bool           # it has been told that nobody waits any more
    over::Bool
    pending::Vector{Vector{UInt8}}  # the last line of each stream, until it ends
end
const REQUEST_CALLS_MAX = 32
Request(pointer, feeder, thread) = Request(pointer, feeder, Base.Semaphore(REQUEST_CALLS_MAX),
    Threads.SpinLock(), Set(), false, nothing, thread, false, false, [UInt8[], UInt8[]])

function current_request()
    storage = current_task().storage
    storage === nothing && return nothing
    return get(storage, :samara_request, nothing)::Union{Request,Nothing}
end
in_request(work, request::Nothing) = work()
in_request(work, request::Request) = task_local_storage(work, :samara_request, request)

# While a request waits for calls of its own, another one may have its place.
waiting(work, request::Nothing, handle) = work()
function waiting(work, request::Request, handle)
    begin_call(request, handle)
    try
        return work()
    finally
        end_call(request, handle)
    end
end
function begin_call(request, handle)
    lock(request.guard)
    closed = request.closed
    closed || push!(request.waiting, handle)
    first = length(request.waiting) == 1
    unlock(request.guard)
    closed && throw(OperationFailed("the request that calls is over"))
    first && permit(request.feeder, 1)
    return
end
function end_call(request, handle)
    lock(request.guard)
    delete!(request.waiting, handle)
    last = isempty(request.waiting)
    unlock(request.guard)
    last && permit(request.feeder, -1)
    return
end

# Calls that nobody has waited for cannot outlive their request: its memory goes with the answer.
function end_calls(request)
    while true
        lock(request.guard)
        request.closed = true
        left = !isempty(request.waiting)
        for handle in request.waiting # none of them is closed while it is there
            ccall((:samara_cancel, lib), Cvoid, (Ptr{Cvoid},), handle.pointer)
        end
        unlock(request.guard)
        left || return
        sleep(0.005)
    end
end
permit(feeder, more) = ccall((:samara_bridge_permit, bridge), Cvoid, (Ptr{Cvoid}, Int32), feeder, more)

"""
    cancelled()

Whether nobody waits any more for the request that this task works for: loops that run long may look
at it. Where a task waits, it is thrown an InterruptException instead.
"""
function cancelled()
    GC.safepoint()  # a loop without one keeps all other threads from collecting garbage
    request = current_request()
    return request !== nothing && !request.over && request_cancelled(request)
end
request_cancelled(request) =
    ccall((:samara_request_cancelled, lib), Int32, (Ptr{Cvoid},), request.pointer) != 0
ms_left(request) = ccall((:samara_request_ms_left, lib), Int64, (Ptr{Cvoid},), request.pointer)

# --- console output: what a task prints goes to the log of its request

struct RequestIO <: IO
    stream::Int32
    outside::IO  # for tasks that work for none
end
Base.isopen(::RequestIO) = true
Base.iswritable(::RequestIO) = true
Base.isreadable(::RequestIO) = false
Base.rawhandle(io::RequestIO) = RawFD(io.stream)  # of programs that are started
Base.flush(io::RequestIO) = flush(io.outside)
Base.write(io::RequestIO, byte::UInt8) = unsafe_write(io, Ref(byte), 1)
function Base.unsafe_write(io::RequestIO, from::Ptr{UInt8}, size::UInt)
    request = current_request()
    (request === nothing || request.over) && return unsafe_write(io.outside, from, size)
    pending = request.pending[io.stream]
    append!(pending, unsafe_wrap(Array, from, Int(size)))
    # Whole lines, so that those of several tasks do not mix.
    (length(pending) > 4096 || UInt8('\n') in pending) && flush_log(request, io.stream)
    return Int(size)
end
Base.unsafe_write(io::RequestIO, from::Base.RefValue{UInt8}, size::Integer) =
    GC.@preserve from unsafe_write(io, Base.unsafe_convert(Ptr{UInt8}, from), UInt(size))
function flush_log(request, stream)
    pending = request.pending[stream]
    isempty(pending) && return
    GC.@preserve pending ccall((:samara_request_log, lib), Cvoid, (Ptr{Cvoid}, Int32, View),
                               request.pointer, stream, View(pointer(pending), length(pending)))
    empty!(pending)
    return
end
function capture_output()
    output, errors = RequestIO(1, stdout), RequestIO(2, stderr)
    Base.eval(:(stdout = $output))
    Base.eval(:(stderr = $errors))
    Base.CoreLogging.global_logger(Base.CoreLogging.SimpleLogger(errors))
end

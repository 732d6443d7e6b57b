# The worker: serves requests of a repository with functions written in Julia.
#
# The first thread of Julia runs the event loop and hands requests out; with several slots, requests
# run on the other threads, which Julia 1.5 has only as many of as there are processors. Nothing here
# ever waits in C.

mutable struct Worker
    path::String
    pointer::Ptr{Cvoid}
    feeder::Ptr{Cvoid}
    slots::Int
    guard::Threads.SpinLock
    in_hand::Dict{Any,Any}  # requests by pointer
    load::Vector{Int}               # requests on each thread
    scripts::IdDict{Any,Any}        # tasks by function: gives what to call
    repository::Union{Repository,Nothing}
    finished::Base.Event
    code::Int
    watch::Union{Timer,Nothing}
end

worker_error() = text_at(ccall((:samara_worker_error, lib), Ptr{UInt8}, ()))
worker_check(code) = code == 0 ? nothing : throw(error_of(code, worker_error()))

function parse_arguments(words)
    path, slots, files, environment = "", 1, String[], nothing
    index = 1
    while index <= length(words)
        word = words[index]
        index < length(words) || error("option '$word' needs a value")
        value = words[index+1]
        if word == "--repo"
            path = value
        elseif word == "--slots"
            slots = something(tryparse(Int, value), 0)
            slots >= 1 || error("option '--slots' expects a whole number of at least 1, got '$value'")
        elseif word == "--platform"
            push!(files, value)
        elseif word == "--environment"
            environment = value
        else
            error("unknown option '$word'; there are --repo, --slots, --platform, --environment")
        end
        index += 2
    end
    isempty(path) && error("option '--repo' is missing")
    return path, slots, files, environment
end

const STOP_MS = 5000  # for requests in hand when the process is asked to end

function main(words)
    path, slots, files, environment = try
        parse_arguments(words)
    catch error
        println(stderr, "samara worker.jl: error: ", error_text(error))
        return 2
    end
    try
        return serve(path, slots, files, environment)
    catch error
        println(stderr, "samara worker.jl: error: ", error_text(error))
        error isa Error || error isa ErrorException || Base.display_error(stderr, error, catch_backtrace())
        return 1
    end
end

function serve(path, slots, files, environment)
    ENV["SAMARA_REPO"] = path  # Repository() of what runs here is the one it runs for
    word = "julia $VERSION"
    options = (word, environment, "julia")
    out = Ref{Ptr{Cvoid}}(C_NULL)
    worker_check(GC.@preserve options ccall((:samara_worker_open, lib), Int32,
        (Cstring, Ref{WorkerOptions}, Ptr{Ptr{Cvoid}}), path,
        WorkerOptions(sizeof(WorkerOptions), pointer(options[3]), cstring(environment), pointer(word), slots, 0), out))
    worker = Worker(path, out[], C_NULL, slots, Threads.SpinLock(), Dict(), zeros(Int, Threads.nthreads()),
                    IdDict(), nothing, Base.Event(), 0, nothing)
    for file in files
        load_platform(file)
    end
    for made in sort!(collect(values(everywhere)); by=made -> made.name)
        offer(worker, made)
    end
    empty!(everywhere)  # calls of a Repository here go to the workers, too
    opened_kept[] = opened_at(find_repository(path))
    on_request[] = pointer -> hand_out(worker, pointer)
    on_ended[] = code -> ended(worker, code)
    on_stop[] = () -> ccall((:samara_bridge_end, bridge), Cvoid, (Ptr{Cvoid},), worker.feeder)
    listen()
    ccall((:samara_bridge_files, bridge), Cvoid, ())
    ccall((:samara_bridge_signals, bridge), Cvoid, (UInt32,), STOP_MS + 500)
    warm()
    worker_check(ccall((:samara_worker_start, lib), Int32, (Ptr{Cvoid},), worker.pointer))
    worker.feeder = ccall((:samara_bridge_feed, bridge), Ptr{Cvoid}, (Ptr{Cvoid}, Int32), worker.pointer, slots)
    println(stdout, "ready")
    flush(stdout)
    capture_output()
    wait(worker.finished)
    deadline = time() + STOP_MS / 1000
    while !isempty(worker.in_hand) && time() < deadline
        sleep(0.02)
    end
    isempty(worker.in_hand) && ccall((:samara_worker_close, lib), Cvoid, (Ptr{Cvoid},), worker.pointer)
    return worker.code
end

function ended(worker, code)
    if code != 0
        worker.code = 1
        println(stderr, "samara worker.jl: error: ", text_at(ccall((:samara_code_text, lib), Ptr{UInt8}, (Int32,), code)))
    end
    notify(worker.finished)
end

function fresh_module(path)
    # A name that no function of the file can have.
    made = Module(Symbol("file ", first(splitext(basename(path)))))
    Core.eval(made, :(eval(x) = Core.eval($made, x)))
    Core.eval(made, :(include(path) = Base.include($made, path)))
    return made
end
load_platform(file) = Base.include(fresh_module(file), abspath(file))

function offer(worker, made::PlatformFunction)
    inputs = [pointer(text) for text in made.inputs]
    worker_check(GC.@preserve made inputs ccall((:samara_worker_offer, lib), Int32,
        (Ptr{Cvoid}, Ref{Offer}, Ptr{Cvoid}), worker.pointer,
        Offer(sizeof(Offer), pointer(made.name), pointer(inputs), length(inputs), pointer(made.output),
              made.effect, pointer(made.version)), C_NULL))
end

# --- a request

@enum RequestKind::Int32 OFFERED = 1 SCRIPT = 2 EAST_FUNCTION = 3 ENVIRONMENT = 4

# On the first thread.
function hand_out(worker, pointer::Ptr{Cvoid})
    kind = RequestKind(ccall((:samara_request_kind, lib), Int32, (Ptr{Cvoid},), pointer))
    if kind === EAST_FUNCTION
        # It runs on a thread of the bridge, where it may wait for calls of its own: no slot is held.
        permit(worker.feeder, 1)
        return @async run_function(worker, pointer)
    end
    lock(worker.guard)
    thread = length(worker.load) == 1 || kind === ENVIRONMENT ? 1 : 1 + argmin(@view worker.load[2:end])
    request = Request(pointer, worker.feeder, thread)
    worker.load[thread] += 1
    worker.in_hand[pointer] = request
    unlock(worker.guard)
    start_watch(worker)
    task = Task(() -> work_on(worker, request, kind))
    request.task = task
    task.sticky = true
    thread == Threads.threadid() || ccall(:jl_set_task_tid, Cvoid, (Any, Cint), task, thread - 1)
    schedule(task)
end

function run_function(worker, pointer)
    worker.repository === nothing && (worker.repository = Repository(worker.path))
    repo = worker.repository
    handle = take_handle(repo, repo.allow)
    try
        code = wait_job((handle,), () -> nothing) do token
            ccall((:samara_bridge_run, bridge), Int32, (UInt64, Ptr{Cvoid}, Ptr{Cvoid}), token, pointer, handle.pointer)
        end
        code == 0 || @warn "a function could not be answered" reason=worker_error()
    finally
        give_handle(handle, repo)
    end
end

function work_on(worker, request, kind)
    answer = task_local_storage(:samara_request, request) do
        try
            work = kind === ENVIRONMENT ? environment_work(worker, request) : request_work(worker, request, kind)
            if kind === ENVIRONMENT
                work()
                with_codec(codec -> ValueAnswer(encode_node(codec, nothing, node_of(codec, ".Null"), Int32(1))[]))
            else
                value = answer_with(work, request_arguments(request))
                with_codec(codec -> prepare_answer(codec, request, value))
            end
        catch error
            failure_of(error, catch_backtrace(), request)
        end
    end
    end_calls(request)
    # Not before the request is taken from where the watch finds it: its memory goes with the answer.
    lock(worker.guard)
    delete!(worker.in_hand, request.pointer)
    worker.load[request.thread] -= 1
    request.over = true
    unlock(worker.guard)
    flush_log(request, 1)
    flush_log(request, 2)
    code = give(request, answer)
    code == 0 || println(stderr, "samara worker.jl: error: an answer was not taken: ", worker_error())
    permit(worker.feeder, 1)
end

# Frames further out than this are not the user's.
@noinline answer_with(work, arguments) = Base.invokelatest(work, arguments...)

request_name(request) = text_at(ccall((:samara_request_name, lib), Ptr{UInt8}, (Ptr{Cvoid},), request.pointer))

function request_work(worker, request, kind)
    kind === OFFERED && return offered(request_name(request))
    id = ccall((:samara_request_function, lib), Id, (Ptr{Cvoid},), request.pointer)
    lock(worker.guard)
    known = get(worker.scripts, id, nothing)
    if known === nothing || istaskfailed(known)
        source = Ref(ScriptSource())
        code = ccall((:samara_request_script, lib), Int32, (Ptr{Cvoid}, Ptr{ScriptSource}), request.pointer, source)
        if code != 0
            unlock(worker.guard)
            worker_check(code)
        end
        parts = (text_of(source[].source), text_at(source[].entry), text_at(source[].path))
        worker.scripts[id] = known = Task(() -> load_script(parts...))
        unlock(worker.guard)
        schedule(known)
    else
        unlock(worker.guard)
    end
    try
        return fetch(known)
    catch
        istaskfailed(known) ? throw(known.exception) : rethrow()
    end
end

function offered(name)
    index = findlast(made -> made.name == name, platform_functions)
    index === nothing && throw(NotFound("this worker does not offer '$name'"))
    return platform_functions[index].work
end

struct ScriptFailed <: Exception
    cause::Any
    trace::Any
end

function load_script(source, entry, path)
    made = fresh_module(isempty(path) ? entry : path)
    try
        answer_with(Base.include_string, (made, source, isempty(path) ? entry * ".jl" : path))
        name = Symbol(entry)
        isdefined(made, name) || error("the script has no function '$entry'")
        return Core.eval(made, name)
    catch error
        throw(ScriptFailed(error, catch_backtrace()))
    end
end

function environment_work(worker, request)
    source = Ref(ScriptSource())
    worker_check(ccall((:samara_request_script, lib), Int32, (Ptr{Cvoid}, Ptr{ScriptSource}), request.pointer, source))
    parts = (text_at(source[].environment_id), text_of(source[].environment), text_at(source[].lock_kind))
    return () -> ready_environment(worker.path, parts..., worker.slots)
end

function request_arguments(request)
    count = Int(ccall((:samara_request_argument_count, lib), Csize_t, (Ptr{Cvoid},), request.pointer))
    with_codec() do codec
        Any[request_argument(codec, request, index) for index in 0:count-1]
    end
end

function request_argument(codec, request, index)
    text = text_at(ccall((:samara_request_input, lib), Ptr{UInt8}, (Ptr{Cvoid}, Csize_t), request.pointer, index))
    node = node_of(codec, text)
    view = Ref(no_view)
    worker_check(ccall((:samara_request_argument, lib), Int32, (Ptr{Cvoid}, Csize_t, Ptr{View}), request.pointer, index, view))
    if view[].size >= MAPPED_BYTES_MIN
        mapped = Ref{Ptr{Cvoid}}(C_NULL)
        code = ccall((:samara_request_argument_map, lib), Int32, (Ptr{Cvoid}, Csize_t, Ptr{Ptr{Cvoid}}),
                     request.pointer, index, mapped)
        code == 0 && mapped[] != C_NULL && return decode_mapped(codec, mapped[], node)
    end
    return decode_view(codec, view[], node)
end

# --- answers

struct ValueAnswer
    bytes::Bytes
end
struct PackedAnswer
    numbers::Array
    record::Packed
end
struct FailAnswer
    outcome::Int32
    message::String
    locations::Vector{Location}
end

function prepare_answer(codec, request, value)
    node = node_of(codec, text_at(ccall((:samara_request_output, lib), Ptr{UInt8}, (Ptr{Cvoid},), request.pointer)))
    node.kind === NULL && (value = nothing)
    if value isa AbstractArray && sizeof(value) >= 4096
        found = packed_whole(value, node)
        found === nothing || return PackedAnswer(found[1], packed_record(found...))
    end
    try
        return ValueAnswer(encode_node(codec, value, node, Int32(1))[])
    catch error
        error isa TypeMismatch || rethrow()
        throw(TypeMismatch("the result of '$(request_name(request))': $(error.message)"))
    end
end

function give(request, answer::ValueAnswer)
    code = give_value(request.pointer, View(answer.bytes.data, answer.bytes.size))
    ccall((:samara_bytes_free, lib), Cvoid, (Ref{Bytes},), answer.bytes)
    return code
end
@noinline give_value(request, view) = @gcsafe ccall((:samara_request_answer, lib), Int32,
    (Ptr{Cvoid}, View), request, view)
function give(request, answer::PackedAnswer)
    numbers, record = answer.numbers, Ref(answer.record)
    GC.@preserve numbers record give_packed(request.pointer, Base.unsafe_convert(Ptr{Packed}, record))
end
@noinline give_packed(request, record) = @gcsafe ccall((:samara_request_answer_packed, lib), Int32,
    (Ptr{Cvoid}, Ptr{Packed}), request, record)
function give(request, answer::FailAnswer)
    message = replace(answer.message, '\0' => '\ufffd')
    files = [replace(place.file, '\0' => '\ufffd') for place in answer.locations]
    records = [LocationRecord(pointer(file), place.line, place.column)
               for (file, place) in zip(files, answer.locations)]
    GC.@preserve files ccall((:samara_request_fail, lib), Int32,
        (Ptr{Cvoid}, Int32, Cstring, Ptr{LocationRecord}, Csize_t), request.pointer, answer.outcome,
        message, records, length(records))
end

const LOCATIONS_MAX = 100

# What an exception is to the caller; the places of an East error stay in front.
function failure_of(error, trace, request)
    while true
        if error isa ScriptFailed
            error, trace = error.cause, error.trace
        elseif error isa LoadError
            error = error.error
        elseif isdefined(Base, :TaskFailedException) && error isa TaskFailedException
            error = error.task.exception
        elseif error isa CompositeException && !isempty(error.exceptions)
            error = first(error.exceptions)
        else
            break
        end
    end
    locations = error isa EastError ? copy(error.locations) : Location[]
    append!(locations, user_places(trace))
    length(locations) > LOCATIONS_MAX && resize!(locations, LOCATIONS_MAX)
    outcome = error isa Timeout ? 4 : error isa Union{MemoryExceeded,OutOfMemoryError} ? 5 :
        error isa Cancelled ? 6 : error isa Trap ? 2 :
        error isa InterruptException ? (ms_left(request) < 0 ? 4 : 6) : 1
    message = error isa InterruptException ? (outcome == 4 ? "the deadline passed" : "cancelled") :
        error isa Error && !(error isa TypeMismatch) ? error.message : error_text(error)
    return FailAnswer(outcome, message, locations)
end

const own_folder = @__DIR__
function user_places(trace)
    out = Location[]
    for frame in stacktrace(trace)
        frame.func === :answer_with && break
        file = String(frame.file)
        startswith(file, own_folder) && continue
        push!(out, Location(file, frame.line, 0))
        length(out) >= LOCATIONS_MAX && break
    end
    # Between answer_with and the function is what Julia does to call it, and to load a script.
    while !isempty(out) && occursin(r"(^|/)(essentials|boot|loading|client)\.jl$", out[end].file)
        pop!(out)
    end
    return out
end

# --- requests that nobody waits for any more; looked for only while there are requests

const WATCH_SECONDS = 0.1

function start_watch(worker)
    worker.watch === nothing || return
    worker.watch = Timer(WATCH_SECONDS; interval=WATCH_SECONDS) do timer
        lock(worker.guard)
        in_hand = collect(values(worker.in_hand))
        ends = [request for request in in_hand if !request.thrown && (request_cancelled(request) || ms_left(request) < 0)]
        for request in ends
            request.thrown = true
        end
        unlock(worker.guard)
        foreach(interrupt, ends)
        if isempty(in_hand)
            close(timer)
            worker.watch = nothing
        end
    end
end

# Throws into the task where it waits. On its own thread, so that it does not run meanwhile; calls of
# the library end by themselves with their request.
function interrupt(request)
    task = Task() do
        lock(request.guard)
        waits = request.closed || !isempty(request.waiting)
        unlock(request.guard)
        task = request.task
        waits || request.over || istaskdone(task) || task.queue === nothing ||
            schedule(task, InterruptException(); error=true)
    end
    task.sticky = true
    request.thread == Threads.threadid() || ccall(:jl_set_task_tid, Cvoid, (Any, Cint), task, request.thread - 1)
    schedule(task)
end

# Repositories: values and functions in a directory, and calls of them.

"All that is known of a call."
struct Result
    value::Any
    id::Id             # of the value, a stored object
    call::Id           # of the call: for `why`
    from_memo::Bool
    reason::String
    seconds::Float64   # of the run that gave the value, which may be an earlier one
    steps::UInt64
    peak_memory::UInt64
end

struct FunctionInfo
    name::String
    id::Id
    kind::String
    type::EastType
end

mutable struct Handle
    pointer::Ptr{Cvoid}
    pool::Any
end

# Open handles of one repository with the same grants: one for each call that runs.
struct Pool
    free::Vector{Handle}
    capabilities::Vector{String}
end

# What all Repositories of one directory have in common, if they have no functions of their own:
# requests of a worker make one each.
mutable struct Opened
    pools::Dict{Vector{String},Pool}
    signatures::Dict{Id,String}
    guard::Threads.SpinLock
    function Opened()
        # Nobody else has it any more then, so its lock is free.
        return finalizer(made -> foreach(close, take_free(made)), new(Dict(), Dict(), Threads.SpinLock()))
    end
end
function take_free(opened::Opened)
    free = Handle[]
    lock(opened.guard)
    for pool in values(opened.pools)
        append!(free, pool.free)
        empty!(pool.free)
    end
    unlock(opened.guard)
    return free
end

const opened_lock = ReentrantLock()
const opened_here = Dict{Tuple{String,UInt64,UInt64},WeakRef}()  # by path and what is there
const opened_kept = Ref{Union{Opened,Nothing}}(nothing)  # of the repository that a worker serves

function opened_at(path)
    found = stat(path)
    key = (path, UInt64(found.device), UInt64(found.inode))
    lock(opened_lock) do
        known = get(opened_here, key, nothing)
        known === nothing || known.value === nothing || return known.value::Opened
        filter!(pair -> pair.second.value !== nothing, opened_here)
        made = Opened()
        opened_here[key] = WeakRef(made)
        return made
    end
end

"""
    Repository(path=nothing; allow=(), calls=0)

A repository directory: `path`, or its folder `.samara`; without one SAMARA_REPO, or the nearest
`.samara` upwards. May be used by several threads and tasks at once. `allow`: capabilities of all
runs, such as "fs,net". `calls`: how many of [`call`](@ref) run at once.
"""
mutable struct Repository
    path::String
    allow::Vector{String}
    opened::Opened
    platform::Dict{String,Any}
    running::Base.Semaphore
    closed::Bool
end

function find_repository(path)
    path === nothing && (path = get(ENV, "SAMARA_REPO", ""))
    if !isempty(path)
        inner = joinpath(path, ".samara")
        return isdir(inner) && !ispath(joinpath(path, "samara.json")) ? inner : String(path)
    end
    here = pwd()
    while true
        inner = joinpath(here, ".samara")
        isdir(inner) && return inner
        up = dirname(here)
        up == here && break
        here = up
    end
    throw(NoRepository("no repository in '$(pwd())' or any folder above; 'samara init' makes one, " *
                       "SAMARA_REPO names one elsewhere"))
end

capability_list(allow) = sort!(unique!(String[part for name in (allow isa AbstractString ? (allow,) : allow)
                                              for part in split(name, ',') if !isempty(part)]))

function Repository(path=nothing; allow=(), calls::Integer=0)
    calls > 0 || (calls = min(32, Sys.CPU_THREADS + 4))
    found = find_repository(path)
    repo = Repository(found, capability_list(allow), isempty(everywhere) ? opened_at(found) : Opened(),
                      copy(everywhere), Base.Semaphore(calls), false)
    give_handle(take_handle(repo, repo.allow), repo)  # says now what is wrong with the directory
    return repo
end
Base.show(io::IO, repo::Repository) = print(io, "Samara.Repository(", repr(repo.path), ")")

"Makes a repository in a directory that does not exist or is empty, and opens it."
function init(path=".samara"; options...)
    Base.close(open_handle(:samara_init, String(path), nothing))
    return Repository(path; options...)
end

function open_handle(how::Symbol, path::String, pool)
    out = Ref{Ptr{Cvoid}}(C_NULL)
    code = how === :samara_init ?
        ccall((:samara_init, lib), Int32, (Cstring, Ptr{Ptr{Cvoid}}), path, out) :
        ccall((:samara_open, lib), Int32, (Cstring, Ptr{Ptr{Cvoid}}), path, out)
    handle = Handle(out[], pool)
    if code != 0
        message = handle_error(handle)
        close(handle)
        throw(error_of(code, message))
    end
    return handle
end
function Base.close(handle::Handle)
    pointer, handle.pointer = handle.pointer, C_NULL
    ccall((:samara_close, lib), Cvoid, (Ptr{Cvoid},), pointer)
end
handle_error(handle::Handle) = text_at(ccall((:samara_error, lib), Ptr{UInt8}, (Ptr{Cvoid},), handle.pointer))
check(handle::Handle, code) = code == 0 ? nothing : throw(error_of(code, handle_error(handle)))

function take_handle(repo::Repository, capabilities)
    repo.closed && throw(OperationFailed("the repository is closed"))
    opened = repo.opened
    lock(opened.guard)
    pool = get!(() -> Pool(Handle[], capabilities), opened.pools, capabilities)
    handle = isempty(pool.free) ? nothing : pop!(pool.free)
    unlock(opened.guard)
    handle === nothing || return handle
    handle = open_handle(:samara_open, repo.path, pool)
    try
        for capability in capabilities
            check(handle, ccall((:samara_grant, lib), Int32, (Ptr{Cvoid}, Cstring), handle.pointer, capability))
        end
        for made in values(repo.platform)
            register(handle, made)
        end
    catch
        close(handle)
        rethrow()
    end
    return handle
end
const HANDLES_FREE_MAX = 16
function give_handle(handle::Handle, repo::Repository)
    opened = repo.opened
    lock(opened.guard)
    # One of before `platform` does not know the functions of now.
    keep = !repo.closed && length(handle.pool.free) < HANDLES_FREE_MAX &&
        get(opened.pools, handle.pool.capabilities, nothing) === handle.pool
    keep && push!(handle.pool.free, handle)
    unlock(opened.guard)
    keep || close(handle)
    return
end
function with_handle(work, repo::Repository)
    handle = take_handle(repo, repo.allow)
    try
        return work(handle)
    finally
        give_handle(handle, repo)
    end
end

"Calls that run end on their own."
function Base.close(repo::Repository)
    repo.closed = true
    foreach(close, take_free(repo.opened))
end

# --- values

"""
    put(repo, value; type=nothing, name=nothing) -> Id

Stores a value; the id depends on the value alone. `type`: East text or a type of Julia; without it
the one that follows from the value. `name`: a ref that is set to it.
"""
function put(repo::Repository, value; type=nothing, name=nothing)
    text = type === nothing ? type_of(value).text : type_text(type)
    with_handle(repo) do handle
        id = with_codec(codec -> put_node(handle, codec, value, node_of(codec, text)))
        name === nothing || set_ref(handle, name, id)
        return id
    end
end

function put_node(handle, codec, value, node)
    out = Ref(Id())
    found = packed_whole(value, node)
    if found !== nothing
        numbers, rows, columns = found
        record, text = Ref(packed_record(numbers, rows, columns)), canonical(codec, node)
        code = GC.@preserve numbers record text out put_packed(handle.pointer, pointer(text),
            Base.unsafe_convert(Ptr{Packed}, record), Base.unsafe_convert(Ptr{Id}, out))
    else
        bytes = encode_node(codec, value, node, Int32(1))
        code = GC.@preserve out put_bytes(handle.pointer, Int32(1), View(bytes[].data, bytes[].size),
            Ptr{UInt8}(C_NULL), Base.unsafe_convert(Ptr{Id}, out))
        ccall((:samara_bytes_free, lib), Cvoid, (Ptr{Bytes},), bytes)
    end
    check(handle, code)
    return out[]
end
@noinline put_packed(handle, text, numbers, out) = @gcsafe ccall((:samara_put_packed, lib), Int32,
    (Ptr{Cvoid}, Ptr{UInt8}, Ptr{Packed}, Int32, Ptr{Id}), handle, text, numbers, Int32(1), out)
@noinline put_bytes(handle, format, view, type, out) = @gcsafe ccall((:samara_put, lib), Int32,
    (Ptr{Cvoid}, Int32, View, Ptr{UInt8}, Ptr{Id}), handle, format, view, type, out)

"""
    put(repo, data, format; type=nothing, name=nothing) -> Id

Stores a value that is given as "beast2" (bytes), "text" or "json" (strings).
"""
function put(repo::Repository, data, format::AbstractString; type=nothing, name=nothing)
    bytes = data isa AbstractString ? Vector{UInt8}(codeunits(String(data))) : Vector{UInt8}(data)
    text = type === nothing ? nothing : type_text(type)
    with_handle(repo) do handle
        out = Ref(Id())
        check(handle, GC.@preserve bytes text out put_bytes(handle.pointer, FORMATS[format],
            View(pointer(bytes), length(bytes)), text === nothing ? Ptr{UInt8}(C_NULL) : pointer(text),
            Base.unsafe_convert(Ptr{Id}, out)))
        name === nothing || set_ref(handle, name, out[])
        return out[]
    end
end

"""
    get(repo, id_or_ref; lazy=false)

The value of an id, the beginning of one, or a ref. Large arrays of numbers lie in their file where
the machine can read them there. `lazy`: a matrix is then a transposed view instead of a copy.
"""
function Base.get(repo::Repository, what::Union{Id,AbstractString}; lazy::Bool=false)
    with_handle(repo) do handle
        mapped = map_object(handle, resolve(handle, what))
        with_codec(codec -> decode_mapped(codec, mapped, nothing, lazy))
    end
end
function map_object(handle, id)
    given, out = Ref(id), Ref{Ptr{Cvoid}}(C_NULL)
    check(handle, GC.@preserve given out map_bytes(handle.pointer, Base.unsafe_convert(Ptr{Id}, given),
                                                   Base.unsafe_convert(Ptr{Ptr{Cvoid}}, out)))
    return out[]
end
@noinline map_bytes(handle, id, out) = @gcsafe ccall((:samara_map, lib), Int32,
    (Ptr{Cvoid}, Ptr{Id}, Ptr{Ptr{Cvoid}}), handle, id, out)

"The value as \"beast2\" (bytes), \"text\" or \"json\" (strings)."
function get_text(repo::Repository, what, format="text")
    with_handle(repo) do handle
        out = Ref(Bytes())
        check(handle, ccall((:samara_get, lib), Int32, (Ptr{Cvoid}, Ref{Id}, Int32, Ptr{Bytes}),
                            handle.pointer, resolve(handle, what), FORMATS[format], out))
        return format == "beast2" ? take_bytes(out) : take_text(out)
    end
end

"The type of a stored value."
function type_of(repo::Repository, what)
    with_handle(repo) do handle
        out = Ref(Bytes())
        check(handle, ccall((:samara_type_of, lib), Int32, (Ptr{Cvoid}, Ref{Id}, Ptr{Bytes}),
                            handle.pointer, resolve(handle, what), out))
        return EastType(take_text(out))
    end
end

"The id that a ref, a function's name or the beginning of an id stands for."
resolve(repo::Repository, what) = with_handle(handle -> resolve(handle, what), repo)
resolve(::Handle, id::Id) = id
function resolve(handle::Handle, text::AbstractString)
    length(text) == 64 && all(c -> c in '0':'9' || c in 'a':'f', text) && return Id(text)
    out = Ref(Id())
    check(handle, ccall((:samara_resolve, lib), Int32, (Ptr{Cvoid}, Cstring, Ptr{Id}), handle.pointer, String(text), out))
    return out[]
end

"Sets a ref; to `nothing`: removes it."
set_ref(repo::Repository, name, target) = with_handle(handle -> set_ref(handle, name, target), repo)
function set_ref(handle::Handle, name, target)
    code = target === nothing ?
        ccall((:samara_ref_remove, lib), Int32, (Ptr{Cvoid}, Cstring), handle.pointer, name) :
        ccall((:samara_ref_set, lib), Int32, (Ptr{Cvoid}, Cstring, Ref{Id}), handle.pointer, name,
              resolve(handle, target))
    check(handle, code)
end

# --- functions

"""
    add(repo, source; name=nothing, function_name=nothing) -> Dict of names to ids

Adds the functions of a file or a text: East source, beast2 or JSON IR, WebAssembly, a native image.
Bytes are a program; a text of several lines, or with a `=`, is source.
"""
function add(repo::Repository, source; name=nothing, function_name=nothing)
    source isa AbstractString || return Dict(string(name) => add_program(repo, Vector{UInt8}(source), name))
    if occursin('\n', source) || occursin('=', source) && !ispath(source)
        return add_source(repo, source, nothing, function_name, name)
    end
    path = String(source)
    if !ispath(path) && (m = match(r"^(.*\.east):([^:/]+)$", path)) !== nothing
        path, function_name = m[1], m[2]
    end
    data = read(path)
    program = length(data) >= 8 && data[1:8] == UInt8[0x89, 0x45, 0x61, 0x73, 0x74, 0x0d, 0x0a, 0x01] ||
        startswith(lstrip(String(copy(data[1:min(end, 64)]))), "{")
    endswith(path, ".east") && !program && return add_source(repo, String(data), path, function_name, name)
    name === nothing && (name = first(split(basename(path), ".")))
    return Dict(string(name) => add_program(repo, data, name))
end

cstring(text) = text === nothing ? Ptr{UInt8}(C_NULL) : pointer(text)

function add_program(repo, data, name)
    words = name === nothing ? nothing : String(name)
    with_handle(repo) do handle
        out = Ref(Id())
        check(handle, GC.@preserve data words ccall((:samara_add_function, lib), Int32,
            (Ptr{Cvoid}, View, Ptr{UInt8}, Ptr{Id}), handle.pointer, View(pointer(data), length(data)),
            cstring(words), out))
        return out[]
    end
end

function add_source(repo, text, path, part, name)
    texts = map(x -> x === nothing ? nothing : String(x), (text, path, part, name))
    with_handle(repo) do handle
        out = Ref(Bytes())
        check(handle, GC.@preserve texts ccall((:samara_add_source, lib), Int32,
            (Ptr{Cvoid}, View, Ptr{UInt8}, Ptr{UInt8}, Ptr{UInt8}, Ptr{Bytes}), handle.pointer,
            View(pointer(texts[1]), sizeof(texts[1])), cstring(texts[2]), cstring(texts[3]),
            cstring(texts[4]), out))
        return Dict(each.name => Id(each.id) for each in decode(take_bytes(out)))
    end
end

"""
    add_script(repo, source, entry, type; name=entry, runtime="julia", environment=nothing,
               lock_kind=nothing, effect="unknown") -> Id

Adds a function written in the language of a worker. `source`: a file, or text of several lines.
`type`: `".Function (inputs=[…], output=…)"`, or `(inputs, output)`. `environment`: the path of a
lock file.
"""
function add_script(repo::Repository, source, entry, type; name=entry, runtime="julia",
                    environment=nothing, lock_kind=nothing, effect="unknown")
    inline = occursin('\n', source)
    text = inline ? String(source) : read(source, String)
    path = inline ? "" : abspath(source)
    lock_text = environment === nothing ? "" : read(environment, String)
    kind = environment === nothing ? "" : something(lock_kind, basename(environment))
    signature = type isa Tuple ? function_text(type...) : String(type)
    texts = (String(runtime), String(entry), text, signature, lock_text, String(kind), path,
             name === nothing ? nothing : String(name))
    orone(t) = isempty(t) ? Ptr{UInt8}(C_NULL) : pointer(t)
    with_handle(repo) do handle
        out = Ref(Id())
        code = GC.@preserve texts begin
            script = ScriptDeclaration(sizeof(ScriptDeclaration), pointer(texts[1]), pointer(texts[2]),
                View(pointer(text), sizeof(text)), pointer(texts[4]),
                isempty(lock_text) ? no_view : View(pointer(lock_text), sizeof(lock_text)),
                orone(texts[6]), EFFECTS[string(effect)], orone(path))
            ccall((:samara_add_script, lib), Int32, (Ptr{Cvoid}, Ref{ScriptDeclaration}, Ptr{UInt8}, Ptr{Id}),
                  handle.pointer, script, cstring(texts[8]), out)
        end
        check(handle, code)
        return out[]
    end
end
function_text(inputs, output) =
    ".Function (inputs=[$(join(map(type_text, inputs), ", "))], output=$(type_text(output)))"

"The functions that have a name, by it."
function functions(repo::Repository)
    with_handle(repo) do handle
        out = Ref(Bytes())
        check(handle, ccall((:samara_functions, lib), Int32, (Ptr{Cvoid}, Ptr{Bytes}), handle.pointer, out))
        return Dict(each.name => FunctionInfo(each.name, Id(each.id), each.kind, EastType(each.type))
                    for each in decode(take_bytes(out)))
    end
end

"The type of a function."
signature(repo::Repository, what) =
    with_handle(handle -> EastType(signature_text(repo, handle, resolve(handle, what))), repo)

const SIGNATURES_MAX = 4096
function signature_text(repo, handle, id)
    opened = repo.opened
    lock(opened.guard)
    known = get(opened.signatures, id, nothing)
    unlock(opened.guard)
    known === nothing || return known
    out = Ref(Bytes())
    check(handle, ccall((:samara_signature, lib), Int32, (Ptr{Cvoid}, Ref{Id}, Ptr{Bytes}), handle.pointer, id, out))
    text = take_text(out)
    lock(opened.guard)
    length(opened.signatures) < SIGNATURES_MAX || empty!(opened.signatures)
    opened.signatures[id] = text
    unlock(opened.guard)
    return text
end

# --- calls

milliseconds(timeout) = timeout === nothing ? UInt64(0) :
    timeout isa Dates.Period ? UInt64(max(1, Dates.toms(timeout))) :
    timeout > 0 ? UInt64(max(1, round(min(timeout, 1e12) * 1000))) : throw(ArgumentError("timeout must be more than 0"))

const UNITS = Dict("" => 1, "k" => 1 << 10, "m" => 1 << 20, "g" => 1 << 30, "t" => 1 << 40)
function memory_bytes(memory)
    memory === nothing && return UInt64(0)
    if memory isa AbstractString
        m = match(r"^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$", lowercase(memory))
        m === nothing && throw(ArgumentError("memory is a number of bytes or text such as \"64M\", not $(repr(memory))"))
        memory = parse(Float64, m[1]) * UNITS[m[2]]
    end
    memory > 0 || throw(ArgumentError("memory must be more than 0"))
    return UInt64(floor(memory))
end

"""
    run(repo, function, arguments...; timeout=nothing, memory=nothing, allow=(), steps=nothing,
        memo=true, place=nothing)

Runs a function, or finds its answer, and gives the value. `function`: a name or an id; arguments:
values of its input types, or an `Id` for a stored one. timeout: seconds; memory: bytes or "64M";
memo=false runs in any case; place: a queue whose workers shall run it. Other tasks go on meanwhile. Throws EastError, Timeout, Crash, … with
the id of the call.
"""
Base.run(repo::Repository, name::Union{Id,AbstractString}, arguments...; options...) =
    run_call(repo, name, arguments, false; options...)

"As `run`, with what else is known of the call: a [`Result`](@ref)."
result(repo::Repository, name::Union{Id,AbstractString}, arguments...; options...) =
    run_call(repo, name, arguments, true; options...)

"""
    call(repo, function, arguments...; options...) -> Task

As `run`, in a task: many go on at the same time. `fetch` gives the value.
"""
function call(repo::Repository, name::Union{Id,AbstractString}, arguments...; options...)
    request = current_request()
    gate = request === nothing ? repo.running : request.calls
    work() = in_request(request) do
        Base.acquire(gate)
        try
            return run_call(repo, name, arguments, false; options...)
        finally
            Base.release(gate)
        end
    end
    # In a worker the other threads belong to other requests.
    return request === nothing ? Threads.@spawn(work()) : @async(work())
end

function run_call(repo, name, arguments, full; timeout=nothing, memory=nothing, allow=(), steps=nothing,
                  memo=true, place=nothing)
    capabilities = isempty(allow) ? repo.allow : capability_list([repo.allow; capability_list(allow)])
    handle = take_handle(repo, capabilities)
    try
        id = resolve(handle, name)
        words = name isa Id ? string(name)[1:12] : String(name)
        text = signature_text(repo, handle, id)
        call = with_codec(codec -> prepare_arguments(handle, codec, text, arguments, words))
        return finish(handle, id, words, text, call, full, milliseconds(timeout), memory_bytes(memory),
                      UInt64(something(steps, 0)), memo, place)
    finally
        give_handle(handle, repo)
    end
end

# Arguments as the library takes them; all of it stays until the call is over.
struct Prepared
    ids::Vector{Id}
    blobs::Vector{Bytes}
    records::Vector{Argument}
end

function prepare_arguments(handle, codec, text, arguments, words)
    type = node_of(codec, text)
    inputs = type.parts[1:end-1]
    length(inputs) == length(arguments) || throw(TypeMismatch(
        "'$words' takes $(length(inputs)) argument$(length(inputs) == 1 ? "" : "s"), not $(length(arguments))"))
    count = length(inputs)
    out = Prepared(fill(Id(), count), fill(Bytes(), count), Vector{Argument}(undef, count))
    try
        for (index, (value, node)) in enumerate(zip(arguments, inputs))
            if value isa Id
                out.ids[index] = value
            elseif value isa Array && sizeof(value) >= MAPPED_BYTES_MIN && packed_whole(value, node) !== nothing
                out.ids[index] = put_node(handle, codec, value, node)
            else
                try
                    out.blobs[index] = encode_node(codec, value, node, Int32(1))[]
                catch error
                    error isa TypeMismatch || rethrow()
                    throw(TypeMismatch("argument $index of '$words': $(error.message)"))
                end
            end
            bytes = out.blobs[index]
            out.records[index] = bytes.data == C_NULL ? Argument(pointer(out.ids, index), no_view) :
                Argument(C_NULL, View(bytes.data, bytes.size))
        end
    catch
        free_arguments(out)
        rethrow()
    end
    return out
end
free_arguments(prepared) = foreach(prepared.blobs) do bytes
    bytes.data == C_NULL || ccall((:samara_bytes_free, lib), Cvoid, (Ref{Bytes},), bytes)
end

function finish(handle, id, words, text, prepared, full, wall_ms, memory_max, steps_max, memo, place)
    request = current_request()
    parent = request === nothing ? C_NULL : request.pointer
    out, given, queue = Ref(CallResult()), Ref(id), place === nothing ? nothing : String(place)
    options = Ref(CallOptions(sizeof(CallOptions), !memo, 0, wall_ms, memory_max, steps_max, pointer(words),
                              MAPPED_BYTES_MIN, parent, cstring(queue)))
    kept = (queue, out, given, options, words, prepared, handle)
    try
        code = let pointer_of(x::Base.RefValue{T}) where {T} = Base.unsafe_convert(Ptr{T}, x)
            GC.@preserve kept waiting(request, handle) do
                wait_job(kept, () -> ccall((:samara_cancel, lib), Cvoid, (Ptr{Cvoid},), handle.pointer)) do token
                    ccall((:samara_bridge_call, bridge), Int32, (UInt64, Ptr{Cvoid}, Ptr{Id}, Ptr{Argument},
                        Csize_t, Ptr{CallOptions}, Ptr{CallResult}), token, handle.pointer, pointer_of(given),
                        pointer(prepared.records), length(prepared.records), pointer_of(options), pointer_of(out))
                end
            end
        end
        check(handle, code)
        return finished(handle, text, out[], full)
    finally
        free_arguments(prepared)
        ccall((:samara_result_free, lib), Cvoid, (Ptr{CallResult},), out)
    end
end

function finished(handle, text, found::CallResult, full)
    found.outcome == 0 || throw(outcome_error(found.outcome, text_of(found.message), found.call))
    value = with_codec() do codec
        output = node_of(codec, text).parts[end]
        found.value.data == C_NULL && return decode_mapped(codec, map_object(handle, found.value_id), output)
        return decode_view(codec, View(found.value.data, found.value.size), output)
    end
    full || return value
    return Result(value, found.value_id, found.call, found.from_memo != 0, text_of(found.reason),
                  found.wall_ns / 1e9, found.steps, found.peak_memory_bytes)
end

"Why a call ran or did not: the id of a call, a `Result` or an exception of this module."
function why(repo::Repository, what)
    id = what isa Union{Result,Error} ? what.call : what isa AbstractString ? Id(what) : what
    with_handle(repo) do handle
        out = Ref(Bytes())
        check(handle, ccall((:samara_why, lib), Int32, (Ptr{Cvoid}, Ref{Id}, Ptr{Bytes}), handle.pointer, id, out))
        return take_text(out)
    end
end

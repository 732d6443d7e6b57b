# libsamara and the bridge: where they are, and their structs (include/samara/samara.h).

# By soname: __init__ has loaded them from where they are.
const lib = "libsamara.so.0"
const bridge = "libsamara_julia.so"

const API_VERSION = 3

function library_path()
    given = get(ENV, "SAMARA_LIBRARY", "")
    isempty(given) || return given
    root = dirname(@__DIR__)
    folders = [joinpath(root, "lib"), joinpath(dirname(root), "lib"),
               joinpath(dirname(dirname(root)), "lib")]
    append!(folders, [joinpath(root, "..", "..", "build", kind, "lib") for kind in ("release", "dev")])
    for folder in folders
        path = joinpath(folder, "libsamara.so")
        isfile(path) && return abspath(path)
    end
    error("libsamara.so is not beside the module Samara; SAMARA_LIBRARY says where it is")
end

function load_library()
    path = library_path()
    Libdl.dlopen(path)
    beside = joinpath(dirname(path), "libsamara_julia.so")
    Libdl.dlopen(beside)
    version = ccall((:samara_api_version, lib), UInt32, ())
    version >= API_VERSION ||
        error("'$path' has interface version $version, the module Samara needs $API_VERSION")
    return
end

struct View
    data::Ptr{UInt8}
    size::Csize_t
end
const no_view = View(C_NULL, 0)

struct Bytes
    data::Ptr{UInt8}
    size::Csize_t
end
Bytes() = Bytes(C_NULL, 0)

"The id of a stored object. Given as an argument of a call it stands for the object."
struct Id
    bytes::NTuple{32,UInt8}
end
Id() = Id(ntuple(_ -> 0x00, 32))
function Id(text::AbstractString)
    length(text) == 64 || throw(ArgumentError("an id has 64 hex digits"))
    return Id(ntuple(i -> parse(UInt8, SubString(text, 2i - 1, 2i); base=16), 32))
end
Base.string(id::Id) = join(string(byte; base=16, pad=2) for byte in id.bytes)
Base.print(io::IO, id::Id) = print(io, string(id))
Base.show(io::IO, id::Id) = print(io, "Id(\"", string(id), "\")")
Base.String(id::Id) = string(id)

struct Argument
    id::Ptr{Id}
    value::View
end

struct CallOptions
    struct_size::Csize_t
    no_memo::Int32
    sync::Int32
    wall_ms_max::UInt64
    memory_bytes_max::UInt64
    steps_max::UInt64
    name::Ptr{UInt8}
    value_bytes_max::UInt64
    parent::Ptr{Cvoid}
    place::Ptr{UInt8}
end

struct CallResult
    outcome::Int32
    from_memo::Int32
    call::Id
    value_id::Id
    value::Bytes
    message::Bytes
    reason::Bytes
    wall_ns::UInt64
    steps::UInt64
    peak_memory_bytes::UInt64
end
CallResult() = CallResult(0, 0, Id(), Id(), Bytes(), Bytes(), Bytes(), 0, 0, 0)

struct PlatformDeclaration
    struct_size::Csize_t
    name::Ptr{UInt8}
    inputs::Ptr{Ptr{UInt8}}
    input_count::Csize_t
    output::Ptr{UInt8}
    effect::Int32
    version::Ptr{UInt8}
    call::Ptr{Cvoid}
    user::Ptr{Cvoid}
end

struct ScriptDeclaration
    struct_size::Csize_t
    runtime::Ptr{UInt8}
    entry::Ptr{UInt8}
    source::View
    type::Ptr{UInt8}
    environment::View
    lock_kind::Ptr{UInt8}
    effect::Int32
    path::Ptr{UInt8}
end

struct WorkerOptions
    struct_size::Csize_t
    runtime::Ptr{UInt8}
    environment::Ptr{UInt8}
    word::Ptr{UInt8}
    slots::UInt32
    kill_after_ms::UInt32
end

struct Offer
    struct_size::Csize_t
    name::Ptr{UInt8}
    inputs::Ptr{Ptr{UInt8}}
    input_count::Csize_t
    output::Ptr{UInt8}
    effect::Int32
    implementation::Ptr{UInt8}
end

struct ScriptSource
    runtime::Ptr{UInt8}
    entry::Ptr{UInt8}
    source::View
    path::Ptr{UInt8}
    environment::View
    lock_kind::Ptr{UInt8}
    environment_id::Ptr{UInt8}
end
ScriptSource() = ScriptSource(C_NULL, C_NULL, no_view, C_NULL, no_view, C_NULL, C_NULL)

struct LocationRecord
    file::Ptr{UInt8}
    line::Int64
    column::Int64
end

struct Packed
    data::Ptr{UInt8}
    rows::UInt64
    columns::UInt64
    element_bytes::UInt32
end
Packed() = Packed(C_NULL, 0, 0, 0)

struct Event
    kind::Int32
    code::Int32
    subject::Ptr{Cvoid}
    token::UInt64
end
struct Upcall
    user::UInt64
    arguments::Ptr{View}
    count::Csize_t
    result::Ptr{Bytes}
    error::Ptr{Bytes}
end

const FORMATS = Dict("beast2" => Int32(1), "text" => Int32(2), "json" => Int32(3))
const EFFECTS = Dict("pure" => Int32(0), "idempotent" => Int32(1), "effectful" => Int32(2),
                     "unknown" => Int32(3))

text_at(pointer::Ptr{UInt8}) = pointer == C_NULL ? "" : unsafe_string(pointer)
text_of(part::Union{View,Bytes}) = part.data == C_NULL ? "" : unsafe_string(part.data, part.size)

# Copies bytes of the library and frees them.
function take_text(bytes::Base.RefValue{Bytes})
    text = text_of(bytes[])
    ccall((:samara_bytes_free, lib), Cvoid, (Ptr{Bytes},), bytes)
    return text
end
function take_bytes(bytes::Base.RefValue{Bytes})
    out = Vector{UInt8}(undef, bytes[].size)
    GC.@preserve out unsafe_copyto!(pointer(out), bytes[].data, length(out))
    ccall((:samara_bytes_free, lib), Cvoid, (Ptr{Bytes},), bytes)
    return out
end

# In memory of the library, for answers of platform functions.
function given_bytes(text)
    size = sizeof(text)
    data = ccall((:samara_alloc, lib), Ptr{UInt8}, (Csize_t,), max(size, 1))
    GC.@preserve text unsafe_copyto!(data, pointer(text), size)
    return Bytes(data, size)
end

# A call of the library that takes long, without keeping other threads from collecting garbage.
# The function must be one of plain numbers and pointers, whose memory the caller keeps. Nothing may
# be allocated between the two; Julia itself has no such call before 1.13.
macro gcsafe(call)
    return quote
        state = ccall(:jl_gc_safe_enter, Int8, ())
        code = $(esc(call))
        ccall(:jl_gc_safe_leave, Cvoid, (Int8,), state)
        code
    end
end

# Values of Julia to East values of a known type. An error names the place of the bad element:
# "[3].price: expected Float, got String".

const Slot = UInt64
const DEPTH_MAX = 2000  # levels of nesting; a task has 4 MiB of stack

mutable struct Encoder
    codec::Codec
    tree::Ptr{Cvoid}
    met::IdDict{Any,Any}               # what is one object in Julia is one in East
    kept::Vector{Any}                       # so that no other object gets the same address
    path::Vector{Any}
end

struct Field  # a step of the way to an element
    name::Symbol
end
struct Key
    key::Any
    is_key::Bool
end

function path_text(path)
    isempty(path) && return ""
    words = map(path) do step
        step isa Int ? "[$step]" : step isa Field ? ".$(step.name)" :
            step isa Key ? "[" * first(repr(step.key), 60) * (step.is_key ? " (key)]" : "]") : "[]"
    end
    length(words) > 24 && (words = [words[1:12]; "..."; words[end-11:end]])
    return join(words) * ": "
end

fail(e::Encoder, what) = throw(TypeMismatch(path_text(e.path) * what))
wrong(e::Encoder, @nospecialize(value), node) = fail(e, "expected $(type_words(e.codec, node)), got " *
    (value === nothing ? "nothing" : string(typeof(value))))
type_words(codec, node) = node.kind in (NULL, BOOLEAN, INTEGER, FLOAT, STRING, DATETIME, BLOB) ?
    canonical(codec, node)[2:end] : canonical(codec, node)
made(e::Encoder, code, out) = code == 0 ? out[] : fail(e, codec_error(e.codec))

address(@nospecialize(object)) = UInt(pointer_from_objref(object))
seen(e::Encoder, @nospecialize(object), node) =
    get(e.met, (address(object), node.pointer), nothing)::Union{Nothing,Slot}
function meet!(e::Encoder, @nospecialize(object), node, slot)
    push!(e.kept, object)
    e.met[(address(object), node.pointer)] = slot
    return slot
end

function step(@nospecialize(work), e::Encoder, at)
    push!(e.path, at)
    out = work()
    pop!(e.path)
    return out
end

function encode_value(e::Encoder, @nospecialize(value), node::Node)::Slot
    kind = node.kind
    kind === NULL && return value === nothing ? Slot(0) : wrong(e, value, node)
    kind === BOOLEAN && return value isa Bool ? Slot(value) : wrong(e, value, node)
    kind === INTEGER && return encode_integer(e, value, node)
    kind === FLOAT && return encode_float(e, value, node)
    kind === DATETIME && return encode_datetime(e, value, node)
    kind === STRING && return encode_string(e, value, node)
    kind === BLOB && return encode_blob(e, value, node)
    length(e.path) > DEPTH_MAX && throw(TypeMismatch("the value is nested deeper than $DEPTH_MAX levels"))
    kind === ARRAY && return encode_array(e, value, node)
    kind === STRUCT && return encode_struct(e, value, node)
    kind === VARIANT && return encode_variant(e, value, node)
    kind === SET && return encode_set(e, value, node)
    kind === DICT && return encode_dict(e, value, node)
    kind === REF && return encode_ref(e, value, node)
    (kind === VECTOR || kind === MATRIX) && return encode_packed(e, value, node)
    fail(e, "values of type $(type_words(e.codec, node)) have no form in Julia")
end

function encode_integer(e::Encoder, @nospecialize(value), node::Node)
    value isa Int64 && return reinterpret(Slot, value)
    value isa Integer && !(value isa Bool) || wrong(e, value, node)
    typemin(Int64) <= value <= typemax(Int64) ||
        fail(e, "expected Integer, got a number of more than 64 bits")
    return reinterpret(Slot, Int64(value))
end

float_slot(value::Float64) = ccall((:samara_slot_of_float, lib), Slot, (Float64,), value)
function encode_float(e::Encoder, @nospecialize(value), node::Node)
    value isa Float64 && return float_slot(value)
    value isa Real && !(value isa Bool) || wrong(e, value, node)
    number = Float64(value)
    value isa Integer && number != value &&
        fail(e, "expected Float, got an integer that no Float is equal to")
    return float_slot(number)
end

const EPOCH_MS = 62135683200000  # of 1970, where Julia counts from
const DATETIME_MS_MAX = 8640000000000000
function encode_datetime(e::Encoder, @nospecialize(value), node::Node)
    value isa DateTime || wrong(e, value, node)
    ms = value.instant.periods.value - EPOCH_MS
    -DATETIME_MS_MAX <= ms <= DATETIME_MS_MAX || fail(e, "expected DateTime, got one out of its range")
    return reinterpret(Slot, ms)
end

function encode_string(e::Encoder, @nospecialize(value), node::Node)
    value isa AbstractString || wrong(e, value, node)
    text = String(value)
    out = Ref{Slot}(0)
    code = GC.@preserve text ccall((:samara_new_text, lib), Int32, (Ptr{Cvoid}, View, Ptr{Slot}),
        e.tree, View(pointer(text), sizeof(text)), out)
    code == 0 || isvalid(text) || fail(e, "expected String, got one that is no Unicode text")
    return made(e, code, out)
end

function encode_blob(e::Encoder, @nospecialize(value), node::Node)
    value isa AbstractVector{UInt8} || wrong(e, value, node)
    bytes = value isa Vector{UInt8} ? value : Vector{UInt8}(value)
    out = Ref{Slot}(0)
    code = GC.@preserve bytes ccall((:samara_new_blob, lib), Int32, (Ptr{Cvoid}, View, Ptr{Slot}),
        e.tree, View(pointer(bytes), length(bytes)), out)
    return made(e, code, out)
end

function new_array(e, elements::Ptr, count)
    out = Ref{Slot}(0)
    code = ccall((:samara_new_array, lib), Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Csize_t, Ptr{Slot}),
                 e.tree, elements, count, out)
    return made(e, code, out)
end
set_slot(node, container, index, slot) =
    ccall((:samara_slot_set, lib), Cvoid, (Ptr{Cvoid}, Slot, Csize_t, Slot), node.pointer, container, index, slot)

function encode_array(e::Encoder, @nospecialize(value), node::Node)
    value isa AbstractVector && !(value isa AbstractVector{UInt8} && node.parts[1].kind !== INTEGER) ||
        wrong(e, value, node)
    known = value isa Array ? seen(e, value, node) : nothing
    known === nothing || return known
    element = node.parts[1]
    if element.kind === FLOAT && value isa AbstractVector{Float64}
        numbers = value isa Vector{Float64} && !any(isnan, value) ? value :
            Float64[isnan(x) ? reinterpret(Float64, float_slot(x)) : x for x in value]
        slot = GC.@preserve numbers new_array(e, pointer(numbers), length(numbers))
        return value isa Array ? meet!(e, value, node, slot) : slot
    elseif element.kind === INTEGER && value isa AbstractVector{Int64}
        whole = value isa Vector{Int64} ? value : Vector{Int64}(value)
        slot = GC.@preserve whole new_array(e, pointer(whole), length(whole))
        return value isa Array ? meet!(e, value, node, slot) : slot
    end
    # Elements may be the array itself, so it is there before they are.
    slot = new_array(e, C_NULL, length(value))
    value isa Array && meet!(e, value, node, slot)
    for (index, each) in enumerate(value)
        push!(e.path, index)
        set_slot(node, slot, index - 1, encode_value(e, each, element))
        pop!(e.path)
    end
    return slot
end

function new_sorted(e, node)
    out = Ref{Slot}(0)
    code = ccall((:samara_new_sorted, lib), Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Slot}), e.tree, node.pointer, out)
    return made(e, code, out)
end
function sorted_put(e, node, sorted, key, value)
    code = ccall((:samara_sorted_put, lib), Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Slot, Slot, Slot),
                 e.tree, node.pointer, sorted, key, value)
    code == 0 || fail(e, codec_error(e.codec))
end

identity_of(value::Set) = value.dict
identity_of(value) = value

function encode_set(e::Encoder, @nospecialize(value), node::Node)
    value isa AbstractSet || wrong(e, value, node)
    known = value isa Set ? seen(e, identity_of(value), node) : nothing
    known === nothing || return known
    slot = new_sorted(e, node)
    value isa Set && meet!(e, identity_of(value), node, slot)
    for key in value
        sorted_put(e, node, slot, step(() -> encode_value(e, key, node.parts[1]), e, Key(key, true)), Slot(0))
    end
    return slot
end

function encode_dict(e::Encoder, @nospecialize(value), node::Node)
    value isa AbstractDict || wrong(e, value, node)
    known = value isa Dict ? seen(e, value, node) : nothing
    known === nothing || return known
    slot = new_sorted(e, node)
    value isa Dict && meet!(e, value, node, slot)
    for (key, content) in value
        key_slot = step(() -> encode_value(e, key, node.parts[1]), e, Key(key, true))
        content_slot = step(() -> encode_value(e, content, node.parts[2]), e, Key(key, false))
        sorted_put(e, node, slot, key_slot, content_slot)
    end
    return slot
end

function encode_struct(e::Encoder, @nospecialize(value), node::Node)
    type = typeof(value)
    if value isa AbstractDict
        names = Symbol.(collect(keys(value)))
        field = name -> haskey(value, name) ? value[name] : value[string(name)]
    elseif value isa NamedTuple || isstructtype(type) && !(value isa Union{Tuple,AbstractString,
            AbstractArray,AbstractSet,Variant,Some,Base.RefValue,Function,Type,DateTime,Nothing})
        names = fieldnames(type)
        field = name -> getfield(value, name)
    else
        wrong(e, value, node)
    end
    slots = Vector{Slot}(undef, length(node.parts))
    for (index, name) in enumerate(node.names)
        name in names || step(() -> fail(e, "expected $(type_words(e.codec, node.parts[index])), but " *
            "there is no such field"), e, Field(name))
        push!(e.path, Field(name))
        slots[index] = encode_value(e, field(name), node.parts[index])
        pop!(e.path)
    end
    if length(names) != length(node.names)
        extra = first(name for name in names if !(name in node.names))
        fail(e, "expected $(type_words(e.codec, node)), which has no field '$extra'")
    end
    out = Ref{Slot}(0)
    code = GC.@preserve slots ccall((:samara_new_struct, lib), Int32,
        (Ptr{Cvoid}, Ptr{Slot}, UInt32, Ptr{Slot}), e.tree, slots, length(slots), out)
    return made(e, code, out)
end

function new_variant(e, node, index, payload)
    out = Ref{Slot}(0)
    code = ccall((:samara_new_variant, lib), Int32, (Ptr{Cvoid}, Ptr{Cvoid}, UInt32, Slot, Ptr{Slot}),
                 e.tree, node.pointer, index - 1, payload, out)
    return made(e, code, out)
end

function encode_variant(e::Encoder, @nospecialize(value), node::Node)
    # A Variant given for an option of variants is the payload: that is how it comes out.
    if value isa Variant && !(node.option_plain && node.parts[2].kind === VARIANT)
        index = findfirst(==(value.case), node.names)
        index === nothing && fail(e, "expected $(type_words(e.codec, node)), which has no case '$(value.case)'")
        return new_variant(e, node, index, step(() ->
            encode_value(e, value.value, node.parts[index]), e, Field(value.case)))
    end
    node.option || wrong(e, value, node)
    value === nothing && return new_variant(e, node, 1, Slot(0))
    value isa Some && return new_variant(e, node, 2, encode_value(e, something(value), node.parts[2]))
    return new_variant(e, node, 2, encode_value(e, value, node.parts[2]))
end

function encode_ref(e::Encoder, @nospecialize(value), node::Node)
    value isa Base.RefValue || wrong(e, value, node)
    known = seen(e, value, node)
    known === nothing || return known
    out = Ref{Slot}(0)
    code = ccall((:samara_new_ref, lib), Int32, (Ptr{Cvoid}, Slot, Ptr{Slot}), e.tree, 0, out)
    slot = meet!(e, value, node, made(e, code, out))
    set_slot(node, slot, 0, step(() -> encode_value(e, value[], node.parts[1]), e, nothing))
    return slot
end

# --- numbers side by side

number_type(kind::Kind) = kind === FLOAT ? Float64 : kind === INTEGER ? Int64 : Bool

# Rows one after the other, as East has them; Julia has columns.
function packed_numbers(value, node::Node)
    type = number_type(node.parts[1].kind)
    if node.kind === MATRIX
        value isa AbstractMatrix{type} || return nothing
        return Array(permutedims(value)), size(value, 1), size(value, 2)
    end
    value isa AbstractVector{type} || return nothing
    return (value isa Array ? value : Array(value)), 1, length(value)
end
packed_record(numbers, rows, columns) =
    Packed(Ptr{UInt8}(pointer(numbers)), rows, columns, sizeof(eltype(numbers)))

function encode_packed(e::Encoder, @nospecialize(value), node::Node)
    known = value isa Array ? seen(e, value, node) : nothing
    known === nothing || return known
    matrix = node.kind === MATRIX
    found = packed_numbers(value, node)
    if found === nothing # other numbers, one by one
        matrix ? value isa AbstractMatrix : value isa AbstractVector || wrong(e, value, node)
        value isa AbstractArray && ndims(value) == (matrix ? 2 : 1) || wrong(e, value, node)
        type = number_type(node.parts[1].kind)
        converted = Array{type}(undef, size(value))
        for index in CartesianIndices(value)
            push!(e.path, index[1])
            matrix && push!(e.path, index[2])
            slot = encode_value(e, value[index], node.parts[1])
            converted[index] = type === Bool ? slot != 0 : reinterpret(type, slot)
            matrix && pop!(e.path)
            pop!(e.path)
        end
        found = packed_numbers(converted, node)
    end
    numbers, rows, columns = found
    out = Ref{Slot}(0)
    record = Ref(packed_record(numbers, rows, columns))
    code = GC.@preserve numbers ccall((:samara_new_packed, lib), Int32,
        (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Packed}, Ptr{Slot}), e.tree, node.pointer, record, out)
    slot = made(e, code, out)
    return value isa Array ? meet!(e, value, node, slot) : slot
end

# Whether the value can be stored in one pass, without a tree.
function packed_whole(value, node::Node)
    node.kind === VECTOR || node.kind === MATRIX || node.kind === ARRAY && node.parts[1].kind === FLOAT ||
        return nothing
    return packed_numbers(value, node)
end

# --- whole values

function encode_node(codec::Codec, @nospecialize(value), node::Node, format::Int32, path=Any[])
    tree = Ref{Ptr{Cvoid}}(C_NULL)
    check(codec, ccall((:samara_tree_new, lib), Int32, (Ptr{Cvoid}, Ptr{Ptr{Cvoid}}), codec.values, tree))
    try
        e = Encoder(codec, tree[], IdDict(), Any[], path)
        slot = encode_value(e, value, node)
        out = Ref(Bytes())
        check(codec, ccall((:samara_tree_write, lib), Int32,
            (Ptr{Cvoid}, Ptr{Cvoid}, Slot, Int32, Ptr{Bytes}), tree[], node.pointer, slot, format, out))
        return out
    finally
        ccall((:samara_tree_free, lib), Cvoid, (Ptr{Cvoid},), tree[])
    end
end

"""
    encode(value, type=type_of(value), format="beast2")

A value in one of the forms "beast2" (bytes), "text" or "json" (strings).
"""
function encode(@nospecialize(value), @nospecialize(type)=type_of(value), format="beast2")
    text = type_text(type)
    with_codec() do codec
        out = encode_node(codec, value, node_of(codec, text), FORMATS[format])
        return format == "beast2" ? take_bytes(out) : take_text(out)
    end
end

# East values to values of Julia.

mutable struct Decoder
    codec::Codec
    met::IdDict{Any,Any}
    depth::Int
end

function decode_value(d::Decoder, slot::Slot, node::Node)
    kind = node.kind
    kind === NULL && return nothing
    kind === BOOLEAN && return slot != 0
    kind === INTEGER && return reinterpret(Int64, slot)
    kind === FLOAT && return reinterpret(Float64, slot)
    kind === STRING && return text_of(slot_bytes(slot))
    kind === DATETIME && return DateTime(Dates.UTM(reinterpret(Int64, slot) + EPOCH_MS))
    kind === BLOB && return decode_blob(slot)
    d.depth > DEPTH_MAX && throw(TypeMismatch("the value is nested deeper than $DEPTH_MAX levels"))
    d.depth += 1
    out = kind === ARRAY ? decode_array(d, slot, node) : kind === STRUCT ? decode_struct(d, slot, node) :
        kind === VARIANT ? decode_variant(d, slot, node) : kind === SET ? decode_set(d, slot, node) :
        kind === DICT ? decode_dict(d, slot, node) : kind === REF ? decode_ref(d, slot, node) :
        kind === VECTOR || kind === MATRIX ? decode_packed(slot, node) :
        throw(TypeMismatch("values of type $(type_words(d.codec, node)) have no form in Julia"))
    d.depth -= 1
    return out
end

slot_bytes(slot) = ccall((:samara_slot_bytes, lib), View, (Slot,), slot)
slot_count(node, slot) = ccall((:samara_slot_count, lib), Csize_t, (Ptr{Cvoid}, Slot), node.pointer, slot)

function copied(type, from::Ptr, count)
    out = Vector{type}(undef, count)
    count == 0 || GC.@preserve out unsafe_copyto!(Ptr{UInt8}(pointer(out)), Ptr{UInt8}(from), count * sizeof(type))
    return out
end

decode_blob(slot) = (view = slot_bytes(slot); copied(UInt8, view.data, view.size))

function decode_array(d, slot, node)
    known = get(d.met, slot, nothing)
    known === nothing || return known
    count = Int(slot_count(node, slot))
    elements = ccall((:samara_slot_elements, lib), Ptr{Slot}, (Slot,), slot)
    element = node.parts[1]
    if element.kind === FLOAT || element.kind === INTEGER
        return d.met[slot] = copied(number_type(element.kind), elements, count)
    end
    out = julia_type(node)(undef, count)
    d.met[slot] = out
    for index in 1:count
        out[index] = decode_value(d, unsafe_load(elements, index), element)
    end
    return out
end

function entries(slot, node)
    count = Int(slot_count(node, slot))
    keys, values = Vector{Slot}(undef, count), Vector{Slot}(undef, count)
    ccall((:samara_slot_entries, lib), Cvoid, (Slot, Ptr{Slot}, Ptr{Slot}), slot, keys, values)
    return keys, values
end

# Julia's equality of keys is that of East: -0.0 is not 0.0, and NaN is itself.
function decode_set(d, slot, node)
    known = get(d.met, slot, nothing)
    known === nothing || return known
    out = julia_type(node)()
    d.met[slot] = out
    keys, _ = entries(slot, node)
    for key in keys
        push!(out, decode_value(d, key, node.parts[1]))
    end
    return out
end

function decode_dict(d, slot, node)
    known = get(d.met, slot, nothing)
    known === nothing || return known
    out = julia_type(node)()
    d.met[slot] = out
    keys, values = entries(slot, node)
    for (key, value) in zip(keys, values)
        out[decode_value(d, key, node.parts[1])] = decode_value(d, value, node.parts[2])
    end
    return out
end

function decode_struct(d, slot, node)
    fields = Any[decode_value(d, ccall((:samara_slot_field, lib), Slot, (Slot, UInt32), slot, i - 1),
                              node.parts[i]) for i in eachindex(node.parts)]
    type = julia_type(node)
    isempty(fields) && return NamedTuple()
    # As type((fields...,)), without compiling a constructor for each type.
    return GC.@preserve fields ccall(:jl_new_structv, Any, (Any, Ptr{Any}, UInt32), type, fields, length(fields))
end

function decode_variant(d, slot, node)
    index = Int(ccall((:samara_slot_case, lib), UInt32, (Slot,), slot)) + 1
    node.option && index == 1 && return nothing
    payload = decode_value(d, ccall((:samara_slot_payload, lib), Slot, (Slot,), slot), node.parts[index])
    node.option || return Variant(node.names[index], payload)
    return node.option_plain ? payload : Some(payload)
end

function decode_ref(d, slot, node)
    known = get(d.met, slot, nothing)
    known === nothing || return known
    out = julia_type(node)()
    d.met[slot] = out
    out[] = decode_value(d, ccall((:samara_slot_content, lib), Slot, (Slot,), slot), node.parts[1])
    return out
end

# A matrix comes in Julia's order, which is one transposed copy.
function shaped(numbers::Vector, found::Packed, matrix::Bool, lazy::Bool=false)
    matrix || return numbers
    turned = reshape(numbers, Int(found.columns), Int(found.rows))
    return lazy ? LinearAlgebra.transpose(turned) : permutedims(turned)
end

function decode_packed(slot, node)
    found = ccall((:samara_slot_packed, lib), Packed, (Ptr{Cvoid}, Slot), node.pointer, slot)
    numbers = copied(number_type(node.parts[1].kind), found.data, Int(found.rows * found.columns))
    return shaped(numbers, found, node.kind === MATRIX)
end

# A whole value; `view` stays where it is meanwhile. `node`: what it must be, or nothing.
function decode_view(codec::Codec, view::View, node::Union{Node,Nothing}, format::Int32=Int32(1))
    tree = Ref{Ptr{Cvoid}}(C_NULL)
    check(codec, ccall((:samara_tree_read, lib), Int32, (Ptr{Cvoid}, Int32, View, Ptr{Cvoid}, Ptr{Ptr{Cvoid}}),
        codec.values, format, view, node === nothing ? C_NULL : node.pointer, tree))
    try
        if node === nothing
            node = node_of(codec, ccall((:samara_tree_type, lib), Ptr{Cvoid}, (Ptr{Cvoid},), tree[]))
        end
        return decode_value(Decoder(codec, IdDict(), 0),
                            ccall((:samara_tree_root, lib), Slot, (Ptr{Cvoid},), tree[]), node)
    finally
        ccall((:samara_tree_free, lib), Cvoid, (Ptr{Cvoid},), tree[])
    end
end

"""
    decode(data, type=nothing, format="beast2")

The value that `data` stands for: beast2 (bytes), or East text or JSON (strings).
"""
function decode(data, type=nothing, format="beast2")
    bytes = data isa AbstractString ? Vector{UInt8}(codeunits(String(data))) : Vector{UInt8}(data)
    with_codec() do codec
        node = type === nothing ? nothing : node_of(codec, type_text(type))
        GC.@preserve bytes decode_view(codec, View(pointer(bytes), length(bytes)), node, FORMATS[format])
    end
end

# --- values that are mapped from their file

const MAPPED_BYTES_MIN = 1 << 18

# Numbers in a mapping, where they stand at a multiple of their size; `release` runs when they are
# no longer in use. The mapping is private to this process, so it may be written to: what is written
# is this process's own, page by page.
function in_place(type, found::Packed, view::View, release)
    count = Int(found.rows * found.columns)
    if view.size < MAPPED_BYTES_MIN || UInt(found.data) % sizeof(type) != 0 || !make_writable(view)
        numbers = copied(type, found.data, count)
        release()
        return numbers
    end
    numbers = unsafe_wrap(Array, Ptr{type}(found.data), count)
    finalizer(_ -> release(), numbers)
    return numbers
end

function make_writable(view::View)
    page = ccall(:getpagesize, Cint, ())
    start = UInt(view.data) & ~UInt(page - 1)
    length = UInt(view.data) + view.size - start
    return ccall(:mprotect, Cint, (Ptr{Cvoid}, Csize_t, Cint), Ptr{Cvoid}(start), length, 3) == 0
end

function decode_mapped(codec::Codec, mapped::Ptr{Cvoid}, node::Union{Node,Nothing}, lazy::Bool=false)
    release() = ccall((:samara_mapped_free, lib), Cvoid, (Ptr{Cvoid},), mapped)
    view = ccall((:samara_mapped_bytes, lib), View, (Ptr{Cvoid},), mapped)
    type, found = Ref{Ptr{Cvoid}}(C_NULL), Ref(Packed())
    code = ccall((:samara_packed_find, lib), Int32, (Ptr{Cvoid}, View, Ptr{Ptr{Cvoid}}, Ptr{Packed}),
                 codec.values, view, type, found)
    if code != 0
        try
            return decode_view(codec, view, node)
        finally
            release()
        end
    end
    kind = node_of(codec, type[])
    if node !== nothing && node !== kind
        release()
        throw(TypeMismatch("expected $(type_words(codec, node)), got $(type_words(codec, kind))"))
    end
    numbers = in_place(number_type(kind.parts[1].kind), found[], view, release)
    return shaped(numbers, found[], kind.kind === MATRIX, lazy)
end

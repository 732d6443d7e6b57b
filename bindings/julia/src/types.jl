# East types: written as East text, taken from types of Julia, or following from values.

"One case of a variant with its payload: `Variant(:circle, 1.0)`."
struct Variant
    case::Symbol
    value::Any
    Variant(case, value=nothing) = new(Symbol(case), value)
end
Base.:(==)(a::Variant, b::Variant) = a.case == b.case && a.value == b.value
Base.isequal(a::Variant, b::Variant) = a.case == b.case && isequal(a.value, b.value)
Base.hash(a::Variant, seed::UInt) = hash(a.case, hash(a.value, hash(:samara_variant, seed)))
Base.show(io::IO, a::Variant) = a.value === nothing ? print(io, "Variant(", repr(a.case), ")") :
    print(io, "Variant(", repr(a.case), ", ", repr(a.value), ")")

"An East type: `EastType(\".Array .Float\")`. Where one is expected, its text or a type of Julia may stand."
struct EastType
    text::String
end
Base.print(io::IO, type::EastType) = print(io, type.text)
Base.show(io::IO, type::EastType) = print(io, "EastType(", repr(type.text), ")")

quoted(name) = string('"', replace(replace(string(name), "\\" => "\\\\"), "\"" => "\\\""), '"')
function named(kind, names, texts)
    parts = ["(name=$(quoted(name)), type=$text)" for (name, text) in zip(names, texts)]
    return ".$kind [" * join(parts, ", ") * "]"
end
option_text(text) = named("Variant", (:none, :some), (".Null", text))

const Number64 = Union{Float64,Int64,Bool}

"The East text of a type of Julia."
type_text(::Type{Nothing}) = ".Null"
type_text(::Type{Bool}) = ".Boolean"
type_text(::Type{<:Integer}) = ".Integer"
type_text(::Type{<:Real}) = ".Float"
type_text(::Type{<:AbstractString}) = ".String"
type_text(::Type{DateTime}) = ".DateTime"
type_text(::Type{<:AbstractVector{UInt8}}) = ".Blob"
type_text(::Type{<:AbstractVector{T}}) where {T} = ".Array " * type_text(T)
type_text(::Type{<:AbstractMatrix{T}}) where {T<:Number64} = ".Matrix " * type_text(T)
type_text(::Type{<:AbstractSet{T}}) where {T} = ".Set " * type_text(T)
type_text(::Type{<:AbstractDict{K,V}}) where {K,V} = ".Dict (key=$(type_text(K)), value=$(type_text(V)))"
type_text(::Type{<:Base.RefValue{T}}) where {T} = ".Ref " * type_text(T)
type_text(::Type{Some{T}}) where {T} = option_text(type_text(T))
type_text(type::EastType) = type.text
type_text(text::AbstractString) = startswith(text, ".") ? String(text) : "." * text
function type_text(type::Union)
    rest = filter(part -> part !== Nothing, Base.uniontypes(type))
    length(rest) == 1 && Nothing <: type && return option_text(type_text(rest[1]))
    throw(TypeMismatch("$type is no East type: only unions with Nothing are"))
end
struct_text(type) = named("Struct", fieldnames(type), map(type_text, fieldtypes(type)))
type_text(type::Type{<:NamedTuple}) = isconcretetype(type) ? struct_text(type) :
    throw(TypeMismatch("$type is no East type: its fields have none"))
function type_text(type::Type)
    # A struct of the user's.
    isconcretetype(type) && isstructtype(type) && !(type <: Union{Tuple,Function,Variant}) &&
        !(parentmodule(type) in (Core, Base)) || throw(TypeMismatch("$type is no East type"))
    any(part -> part === type, fieldtypes(type)) &&
        throw(TypeMismatch("$type contains itself: give its East type"))
    return struct_text(type)
end

"""
    easttype(given)

The East type of `given`: East text, or a type of Julia such as `Vector{Float64}`,
`Union{Nothing,Int}`, `NamedTuple{(:a,),Tuple{Int}}` or a struct.
"""
easttype(given::Union{Type,EastType,AbstractString}) =
    with_codec(codec -> EastType(canonical(codec, node_of(codec, type_text(given)))))

# --- types that follow from values: a tree of [kind, parts…]; `nothing` is not known yet

struct Shape
    kind::Symbol
    names::Vector{Symbol}
    parts::Vector{Any}
    text::String  # of a fixed one
end
Shape(kind::Symbol, parts...) = Shape(kind, Symbol[], Any[parts...], "")
Base.:(==)(a::Shape, b::Shape) =
    a.kind == b.kind && a.names == b.names && a.text == b.text && a.parts == b.parts
shape_word(shape::Shape) = shape.kind === :fixed ? shape.text : string(shape.kind)

function join_shapes(a, b, path)
    b === nothing && return a
    a === nothing && return b
    a == b && return a
    a.kind === :Null && return b.kind === :Option ? b : Shape(:Option, b)
    b.kind === :Null && return a.kind === :Option ? a : Shape(:Option, a)
    if a.kind === :Option || b.kind === :Option
        inner = map(s -> s.kind === :Option ? s.parts[1] : s, (a, b))
        return Shape(:Option, join_shapes(inner..., path))
    end
    kinds = (a.kind, b.kind)
    kinds == (:Integer, :Float) && return b
    kinds == (:Float, :Integer) && return a
    if a.kind === b.kind
        if a.kind in (:Array, :Set, :Ref, :Dict) || a.kind === :Struct && a.names == b.names
            parts = Any[join_shapes(x, y, path) for (x, y) in zip(a.parts, b.parts)]
            return Shape(a.kind, a.names, parts, "")
        elseif a.kind === :Variant
            cases = Dict{Symbol,Any}(zip(a.names, a.parts))
            for (name, part) in zip(b.names, b.parts)
                cases[name] = haskey(cases, name) ? join_shapes(cases[name], part, path) : part
            end
            names = sort!(collect(keys(cases)); by=string)
            return Shape(:Variant, names, Any[cases[name] for name in names], "")
        end
    end
    throw(TypeMismatch("$path: $(shape_word(b)) beside $(shape_word(a)); give a type"))
end

# Whether all values of the type have one East type, however they look.
decided(type) = type <: Union{Number64,Int32,Float32,AbstractString,DateTime,UInt8}

function shape_of(@nospecialize(value), path::String, seen)
    value === nothing && return Shape(:Null)
    value isa Bool && return Shape(:Boolean)
    value isa Integer && return Shape(:Integer)
    value isa Real && return Shape(:Float)
    value isa AbstractString && return Shape(:String)
    value isa DateTime && return Shape(:DateTime)
    value isa AbstractVector{UInt8} && return Shape(:Blob)
    value isa AbstractMatrix && return Shape(:fixed, Symbol[], Any[], type_text(typeof(value)))
    any(x -> x === value, seen) &&
        throw(TypeMismatch("$(isempty(path) ? "the value" : path) contains itself; give a type"))
    push!(seen, value)
    shape = inner_shape(value, path, seen)
    pop!(seen)
    return shape
end

function joined(values, path, seen, label)
    shape = nothing
    for (index, each) in enumerate(values)
        at = path * label(index, each)
        shape = join_shapes(shape, shape_of(each, at, seen), at)
    end
    return shape
end
typed(type, walk) = decided(type) && isconcretetype(type) ?
    Shape(:fixed, Symbol[], Any[], type_text(type)) : walk()
# A fixed one that can be joined with others.
plain(shape) = shape isa Shape && shape.kind === :fixed && !occursin(' ', shape.text) ?
    Shape(Symbol(shape.text[2:end])) : shape

function inner_shape(@nospecialize(value), path, seen)
    in_brackets(key) = "[" * repr(key) * "]"
    if value isa AbstractVector
        return Shape(:Array, plain(typed(eltype(value), () ->
            joined(value, path, seen, (i, _) -> "[$i]"))))
    elseif value isa AbstractSet
        return Shape(:Set, plain(typed(eltype(value), () ->
            joined(value, path, seen, (_, key) -> in_brackets(key)))))
    elseif value isa AbstractDict
        key = plain(typed(keytype(value), () ->
            joined(keys(value), path, seen, (_, key) -> in_brackets(key))))
        out = nothing
        for (each, content) in value
            at = path * in_brackets(each)
            out = join_shapes(out, shape_of(content, at, seen), at)
        end
        out === nothing && decided(valtype(value)) && (out = plain(typed(valtype(value), nothing)))
        return Shape(:Dict, key, out)
    elseif value isa Variant
        return Shape(:Variant, [value.case], Any[shape_of(value.value, "$path.$(value.case)", seen)], "")
    elseif value isa Some
        return Shape(:Option, shape_of(something(value), path, seen))
    elseif value isa Base.RefValue
        return Shape(:Ref, shape_of(value[], path * "[]", seen))
    elseif value isa NamedTuple
        names = collect(Symbol, keys(value))
        return Shape(:Struct, names, Any[shape_of(value[n], "$path.$n", seen) for n in names], "")
    elseif value isa Tuple || value isa Function || value isa Type || value isa Module
        throw(TypeMismatch("$(isempty(path) ? "" : path * ": ")no East type follows from a value " *
                           "of type $(typeof(value)); give a type"))
    end
    return Shape(:fixed, Symbol[], Any[], type_text(typeof(value)))
end

function shape_text(shape, path)
    shape === nothing && throw(TypeMismatch(
        "$(isempty(path) ? "the value" : path) is empty: no type follows; give a type"))
    shape.kind === :fixed && return shape.text
    shape.kind in (:Array, :Set, :Ref) && return ".$(shape.kind) " * shape_text(shape.parts[1], path)
    shape.kind === :Option && return option_text(shape_text(shape.parts[1], path))
    if shape.kind === :Dict
        key, content = (shape_text(part, path) for part in shape.parts)
        return ".Dict (key=$key, value=$content)"
    elseif shape.kind in (:Struct, :Variant)
        return named(shape.kind, shape.names,
                     [shape_text(p, "$path.$n") for (n, p) in zip(shape.names, shape.parts)])
    end
    return ".$(shape.kind)"
end

"""
    type_of(value)

The type that follows from a value. Throws TypeMismatch where it is not clear: an empty `Any[]`, a
tuple, elements of several types.
"""
type_of(@nospecialize(value)) = EastType(shape_text(shape_of(value, "", Any[]), ""))

# --- types of the library

@enum Kind::Int32 ARRAY = 0 ASYNC_FUNCTION = 1 BLOB = 2 BOOLEAN = 3 DATETIME = 4 DICT = 5 FLOAT = 6 FUNCTION = 7 INTEGER = 8 MATRIX = 9 NEVER = 10 NULL = 11 RECURSIVE = 12 REF = 13 SET = 14 STRING = 15 STRUCT = 16 VARIANT = 17 VECTOR = 18

# A type of one samara_values, with what is known of it.
mutable struct Node
    pointer::Ptr{Cvoid}
    kind::Kind
    parts::Vector{Node}
    names::Vector{Symbol}
    option::Bool        # none or some
    option_plain::Bool  # its payload never looks like nothing
    julia::Any          # the type of its values in Julia; nothing: not asked for yet
    text::String        # likewise
end

# Types and values belong to one thread at a time: each work takes a codec and gives it back.
mutable struct Codec
    values::Ptr{Cvoid}
    # IdDict, because its methods are compiled for all keys at once: a worker starts sooner.
    nodes::IdDict{Any,Any}  # by pointer
    texts::IdDict{Any,Any}  # by East text
end

const NODES_MAX = 4096  # types that one codec keeps; then it is thrown away
const codecs = Codec[]
const codecs_lock = Threads.SpinLock()

function take_codec()
    lock(codecs_lock)
    codec = isempty(codecs) ? nothing : pop!(codecs)
    unlock(codecs_lock)
    codec === nothing || return codec
    return Codec(ccall((:samara_values_new, lib), Ptr{Cvoid}, ()), IdDict(), IdDict())
end
function give_codec(codec)
    if length(codec.nodes) + length(codec.texts) > NODES_MAX
        ccall((:samara_values_free, lib), Cvoid, (Ptr{Cvoid},), codec.values)
        return
    end
    lock(codecs_lock)
    push!(codecs, codec)
    unlock(codecs_lock)
    return
end
function with_codec(@nospecialize(work))
    codec = take_codec()
    try
        return work(codec)
    finally
        give_codec(codec)
    end
end

codec_error(codec) = text_at(ccall((:samara_values_error, lib), Ptr{UInt8}, (Ptr{Cvoid},), codec.values))
check(codec::Codec, code) = code == 0 ? nothing : throw(error_of(code, codec_error(codec)))

function node_of(codec::Codec, text::String)
    known = get(codec.texts, text, nothing)
    known === nothing || return known::Node
    out = Ref{Ptr{Cvoid}}(C_NULL)
    check(codec, ccall((:samara_type_parse, lib), Int32, (Ptr{Cvoid}, Cstring, Ptr{Ptr{Cvoid}}),
                       codec.values, text, out))
    node = node_of(codec, out[])
    codec.texts[text] = node
    return node
end

function node_of(codec::Codec, pointer::Ptr{Cvoid})
    known = get(codec.nodes, pointer, nothing)
    known === nothing || return known::Node
    kind = Kind(ccall((:samara_type_kind, lib), Int32, (Ptr{Cvoid},), pointer))
    node = Node(pointer, kind, Node[], Symbol[], false, false, nothing, "")
    codec.nodes[pointer] = node  # before its parts, which may be itself
    count = ccall((:samara_type_count, lib), UInt32, (Ptr{Cvoid},), pointer)
    for index in 0:Int(count)-1
        part = ccall((:samara_type_part, lib), Ptr{Cvoid}, (Ptr{Cvoid}, UInt32), pointer, index)
        push!(node.parts, node_of(codec, part))
        kind === STRUCT || kind === VARIANT || continue
        push!(node.names, Symbol(text_of(ccall((:samara_type_name, lib), View, (Ptr{Cvoid}, UInt32),
                                               pointer, index))))
    end
    node.option = kind === VARIANT && option_pointer(pointer)
    # Where the payload may itself be nothing, some(nothing) must not look like none.
    node.option_plain = node.option && node.parts[2].kind !== NULL && !option_pointer(node.parts[2].pointer)
    return node
end

# Asks the library, because the parts may still be on their way.
function option_pointer(pointer)
    kind(at) = Kind(ccall((:samara_type_kind, lib), Int32, (Ptr{Cvoid},), at))
    kind(pointer) === VARIANT &&
        ccall((:samara_type_count, lib), UInt32, (Ptr{Cvoid},), pointer) == 2 || return false
    name(i) = text_of(ccall((:samara_type_name, lib), View, (Ptr{Cvoid}, UInt32), pointer, i))
    return name(0) == "none" && name(1) == "some" &&
        kind(ccall((:samara_type_part, lib), Ptr{Cvoid}, (Ptr{Cvoid}, UInt32), pointer, 0)) === NULL
end

function canonical(codec::Codec, node::Node)
    if isempty(node.text)
        out = Ref(Bytes())
        check(codec, ccall((:samara_type_text, lib), Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Bytes}),
                           codec.values, node.pointer, out))
        node.text = take_text(out)
    end
    return node.text
end

# Whether the type contains itself: its containers then hold Any, whatever way one came to them.
function recursive(node::Node)
    seen = Set{Ptr{Cvoid}}()
    waiting = copy(node.parts)
    while !isempty(waiting)
        part = pop!(waiting)
        part === node && return true
        part.pointer in seen && continue
        push!(seen, part.pointer)
        append!(waiting, part.parts)
    end
    return false
end

# The type of Julia that values of an East type have.
function julia_type(node::Node)
    node.julia === nothing || return node.julia
    kind = node.kind
    part(i) = recursive(node) ? Any : julia_type(node.parts[i])
    type = kind === NULL ? Nothing : kind === BOOLEAN ? Bool : kind === INTEGER ? Int64 :
        kind === FLOAT ? Float64 : kind === STRING ? String : kind === DATETIME ? DateTime :
        kind === BLOB ? Vector{UInt8} : kind === ARRAY || kind === VECTOR ? Vector{part(1)} :
        kind === MATRIX ? Matrix{part(1)} : kind === SET ? Set{part(1)} :
        kind === DICT ? Dict{part(1),part(2)} : kind === REF ? Base.RefValue{part(1)} :
        kind === STRUCT ? NamedTuple{(node.names...,),Tuple{Any[part(i) for i in eachindex(node.parts)]...}} :
        kind === VARIANT ? (node.option_plain ? Union{Nothing,part(2)} : node.option ? Any : Variant) : Any
    node.julia = type
    return type
end

# What can go wrong, as exceptions.

"Anything Samara says no to. `call`: the id of the call it is about, or nothing."
abstract type Error <: Exception end

for (name, doc) in (
    (:OperationFailed, "Anything else that could not be done."),
    (:TypeMismatch, "A value does not have the type that is expected; the text names the place in it."),
    (:NoRepository, "No repository was found."),
    (:NotFound, "There is no such object, function or name."),
    (:PermissionDenied, "A capability that is not granted, or a file that may not be touched."),
    (:Timeout, "The deadline passed."),
    (:Crash, "The process that ran the function died."),
    (:Trap, "The function did what it must not."),
    (:MemoryExceeded, "The memory limit was reached."),
    (:Cancelled, "The run was cancelled."),
    (:Lost, "Whoever ran the function is gone."),
    (:LimitReached, "Another limit was reached: steps, depth, output."),
)
    @eval begin
        @doc $doc struct $name <: Error
            message::String
            call::Union{Nothing,Id}
        end
        $name(message) = $name(message, nothing)
    end
end

"A place in the source of a program."
struct Location
    file::String
    line::Int64
    column::Int64
end
Base.print(io::IO, place::Location) = print(io, place.file, ":", place.line, ":", place.column)

"""
The program raised an error. `message`: what it said; `locations`: where, then the calls that led
there, outward.
"""
struct EastError <: Error
    message::String
    locations::Vector{Location}
    call::Union{Nothing,Id}
end
EastError(message, locations=Location[]) = EastError(message, locations, nothing)

Base.showerror(io::IO, error::Error) = print(io, nameof(typeof(error)), ": ", error.message)
function Base.showerror(io::IO, error::EastError)
    print(io, "EastError: ", error.message)
    for place in error.locations
        print(io, "\n  in East: ", place)
    end
end

# Codes of the C interface which somebody may want to tell apart.
function error_of(code::Integer, message::String)
    kind = code == 4 ? TypeMismatch : code == 5 ? NotFound : code == 11 ? PermissionDenied :
        code == 13 ? Cancelled : code == 14 ? Timeout : code == 15 ? NoRepository : OperationFailed
    if isempty(message)
        message = text_at(ccall((:samara_code_text, lib), Ptr{UInt8}, (Int32,), code))
    end
    return kind(message)
end

const OUTCOMES = (Trap, Crash, Timeout, MemoryExceeded, Cancelled, Lost, LimitReached)

function outcome_error(outcome::Integer, message::String, call::Id)
    outcome == 1 || return (1 < outcome <= 8 ? OUTCOMES[outcome - 1] : OperationFailed)(message, call)
    said, locations = split_message(message)
    return EastError(said, locations, call)
end

location_of(m) = Location(m[1], parse(Int64, m[2]), parse(Int64, m[3]))

# Message and locations of an East error, from its text (docs/formats/execution-record.md).
function split_message(text::AbstractString)
    callers = Location[]
    while true
        m = match(r"\n  at ([^\n]*):(\d+):(\d+)\z", text)
        m === nothing && break
        push!(callers, location_of(m))
        text = SubString(text, 1, prevind(text, m.offset))
    end
    tail = "\nStack trace:"
    if !isempty(callers) && endswith(text, tail)
        text = SubString(text, 1, prevind(text, ncodeunits(text) - ncodeunits(tail) + 1))
    end
    m = match(r"\A([^\n]*?):(\d+):(\d+): ", text)
    m === nothing && return String(text), callers
    return String(SubString(text, ncodeunits(m.match) + 1)), pushfirst!(callers, location_of(m))
end

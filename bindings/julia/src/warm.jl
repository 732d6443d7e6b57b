# What a first request needs is compiled before the worker says that it is ready.

function warm()
    for value in (1, 1.5, "x", [1.5], (a=1,), nothing)
        decode(encode(value), type_of(value))
    end
end

# What a first request needs is ready before the worker says that it is: what follows is worked out
# once, when the module is compiled into its cache; machine code comes in `warm`.

function warm()
    with_codec() do codec
        for (text, value) in Any[(".Integer", 1), (".Array .Float", [1.5]), (".String", "x"),
                                 (".Struct [(name=\"a\", type=.Float)]", (a=1.5,))]
            node = node_of(codec, text)
            bytes = encode_node(codec, value, node, Int32(1))
            decode_view(codec, View(bytes[].data, bytes[].size), node)
            ccall((:samara_bytes_free, lib), Cvoid, (Ptr{Bytes},), bytes)
        end
    end
end

for (work, types) in (
    (main, (Vector{String},)), (serve, (String, Int, Vector{String}, Nothing)), (warm, ()),
    (offer, (Worker, PlatformFunction)), (load_platform, (String,)), (source_digest, (Function,)),
    (dispatch, (Base.AsyncCondition,)), (handle, (Event,)), (hand_out, (Worker, Ptr{Cvoid})),
    (work_on, (Worker, Request, RequestKind)), (request_work, (Worker, Request, RequestKind)),
    (request_arguments, (Request,)), (request_argument, (Codec, Request, Int)),
    (prepare_answer, (Codec, Request, Any)), (failure_of, (Any, Vector, Request)),
    (give, (Request, ValueAnswer)), (give, (Request, FailAnswer)), (start_watch, (Worker,)),
    (encode_value, (Encoder, Any, Node)), (decode_value, (Decoder, Slot, Node)),
    (encode_node, (Codec, Any, Node, Int32)), (decode_view, (Codec, View, Node, Int32)),
    (decode_mapped, (Codec, Ptr{Cvoid}, Node)), (node_of, (Codec, String)),
    (type_text, (DataType,)), (shape_of, (Any, String, Vector{Any})), (Repository, ()), (listen, ()),
    (prepare_arguments, (Handle, Codec, String, Tuple, String)), (load_script, (String, String, String)),
    (ended, (Worker, Int32)), (give_handle, (Handle, Repository)), (take_handle, (Repository, Vector{String})),
    (unsafe_write, (RequestIO, Ptr{UInt8}, UInt)),
)
    precompile(work, types)
end

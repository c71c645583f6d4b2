# Serves methods of every kind of gRPC at a port that it prints, reads from its standard input where to call them, and calls them there.
import queue, sys, grpc
from concurrent import futures

def fail(request, context):
    context.set_trailing_metadata((('x-after', 'yes'),))
    context.abort(grpc.StatusCode.NOT_FOUND, 'no such thing')

def both(requests, context):
    for r in requests:
        yield r.upper()

def repeat(request, context):
    context.send_initial_metadata((('x-peer', dict(context.invocation_metadata()).get('x-forwarded-proto')),))
    for _ in range(3):
        yield request

handlers = {
    'One': grpc.unary_unary_rpc_method_handler(lambda request, context: request.upper()),
    'Fail': grpc.unary_unary_rpc_method_handler(fail),
    'Join': grpc.stream_unary_rpc_method_handler(lambda requests, context: b''.join(requests)),
    'Repeat': grpc.unary_stream_rpc_method_handler(repeat),
    'Both': grpc.stream_stream_rpc_method_handler(both),
}
server = grpc.server(futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler('pkg.Service', handlers),))
print(server.add_insecure_port('127.0.0.1:0'), flush=True)
server.start()
address = sys.stdin.readline().strip()

channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(open(sys.argv[1], 'rb').read()),
                              (('grpc.ssl_target_name_override', 'www.example.com'), ('grpc.enable_http_proxy', 0)))
wait = {'timeout': 100}
large = b'x' * 3000000
print('one', channel.unary_unary('/pkg.Service/One')(large, **wait) == large.upper())
print('join', channel.stream_unary('/pkg.Service/Join')(iter([b'a', b'b', large]), **wait) == b'ab' + large)
call = channel.unary_stream('/pkg.Service/Repeat')(b'again', **wait)
print('repeat', dict(call.initial_metadata()).get('x-peer'), list(call))

answers = []
call = channel.stream_stream('/pkg.Service/Both')((b for b in ()), **wait)
print('none', list(call))
said = queue.Queue()
call = channel.stream_stream('/pkg.Service/Both')(iter(said.get, None), **wait)
for text in (b'a', b'b', b'c'):
    said.put(text)
    answers.append(next(call)) # which came before the next message was sent
said.put(None)
print('both', answers, list(call))
for method in ('Fail', 'Missing'):
    try:
        channel.unary_unary('/pkg.Service/' + method)(b'', **wait)
    except grpc.RpcError as e:
        print(method.lower(), e.code().name, dict(e.trailing_metadata()).get('x-after'))
server.stop(0).wait()
try:
    channel.unary_unary('/pkg.Service/One')(b'', **wait)
except grpc.RpcError as e:
    print('gone', e.code().name)

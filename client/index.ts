// The package's entrance to the client. So far it is one connection that sends any command.

export { type Argument, Client, ConnectionLostError, connect, type ReplyValue } from './client.ts';

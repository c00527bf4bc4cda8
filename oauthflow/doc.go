// Package oauthflow gets, renews and revokes the tokens of an OAuth 2.1 client that
// runs on a person's machine: it finds the authorization server, registers with it
// where it must, sends the person's browser there, exchanges the code, and reads
// what comes back with suspicion. It keeps nothing: what it returns, the caller
// stores.
//
// # Terminology
//
// An authorization server gives tokens out; its issuer is the URL that it calls
// itself (RFC 8414). The resource is the API that a token is for (RFC 8707); its
// metadata (RFC 9728) may name authorization servers. A challenge is one scheme of a
// WWW-Authenticate header. A client is this program in the eyes of one authorization
// server: public when it has no secret, confidential when it has one. A verifier is
// the secret of one sign-in that only who began it can show (PKCE, RFC 7636). An
// attempt is one authorization request, from its state to its one exchange.
//
// A callback is what the server makes the person's browser bring back, to the loopback
// listener, which is open while one sign-in is pending. The answer is the one callback
// that belongs to the attempt; a forged one is any other. An opener is a program that
// shows an address to the person.
//
// A flow is what a Config describes: one client of one authorization server. An
// address is named when the person's own profile has it, and learned when a remote
// document has it; a learned one is trusted less.
package oauthflow

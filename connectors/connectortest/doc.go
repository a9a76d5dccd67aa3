// Package connectortest is the suite that every connector passes, whatever its
// platform: the promises of package connectors, tried against a simulator of
// the platform that the connector brings along.
//
// A connector's test is a Harness and one call of Run. The harness says what
// its platform has; what it has not is left out, and said.
//
// Beside the suite stands what connectors' own tests need as well: a Clock that
// goes when it is told to, Files and a Vault in memory, a Log of what was
// logged, a Receiver, ways to wait, and Payloads with their golden files.
package connectortest

// Package resolvers starts resolvers that others wrote, unbound and dnsmasq, for whoever wants to know what they make of a change: each listens on a
// port of loopback, asks the name server that it is told of, and keeps answers as it does without a word of configuration.
//
// They run as whoever starts them, without privileges, and end with their starter, however that ends. They have no file: unbound reads its
// configuration from a pipe, dnsmasq has its own on the command line. So nothing is left behind, and the profile by which AppArmor has Debian's
// unbound read files below /etc/unbound alone does not keep them from starting.
package resolvers

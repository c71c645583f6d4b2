package patience

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// lateWriter is a connection that is slow to tell its writer that the body's last piece is sent.
type lateWriter struct {
	net.Conn
	until <-chan struct{}
}

func (c lateWriter) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if strings.Contains(string(b), "vpc-last") {
		<-c.until
	}
	return n, err
}

// watchedBody is a request's body that tells when the SDK closes it.
type watchedBody struct {
	io.ReadCloser
	io.WriterTo
	tell func()
}

func (b watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.tell()
	return err
}

// doFunc is an HTTP client that is one function.
type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The SDK closes the request's body while net/http still writes it, and the response is long.
func TestResponseIsReadAfterTheSDKClosedTheBody(t *testing.T) {
	closed := make(chan struct{})
	tell := sync.OnceFunc(func() { close(closed) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "<DescribeVpcsResponse><vpcSet>")
		_ = http.NewResponseController(w).Flush()
		<-closed
		_, _ = io.WriteString(w, strings.Repeat(" ", 8<<20)+"<item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>")
	}))
	defer server.Close()
	late := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return lateWriter{c, closed}, err
		},
	}}
	client := ec2.New(ec2.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient: doFunc(func(r *http.Request) (*http.Response, error) {
			r.Body = watchedBody{r.Body, r.Body.(io.WriterTo), tell}
			return Client{late}.Do(r)
		}),
	})
	var ids []string
	for i := range 300 { // more than net/http's buffer of 4 KiB holds
		ids = append(ids, fmt.Sprintf("vpc-%017d", i))
	}
	out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: append(ids, "vpc-last")})
	if err != nil || len(out.Vpcs) != 1 {
		t.Errorf("got %v, %v", out, err)
	}
}

package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Path is where a region answers questions.
const Path = "/things"

// Question asks a region for things: ids of EC2's, ARNs of Elastic Load Balancing's, "autoScalingGroupName/NAME", "parameter/NAME".
type Question struct {
	Names    []string  `json:",omitempty"`
	Template *Template `json:",omitempty"`
}

// Template names a version of a launch template.
type Template struct{ ID, Name, Version string }

// Answer is what the region has of them. What is not there is left out.
type Answer struct {
	Things     map[string]Thing
	TemplateID string                              `json:",omitempty"`
	Template   *ec2types.RequestLaunchTemplateData `json:",omitempty"`
}

// Thing is a resource.
type Thing struct {
	ARN  string            `json:",omitempty"` // where its name does not tell it
	Tags map[string]string `json:",omitempty"`
	Of   []string          `json:",omitempty"` // an association: the names of what it associates, which are things of the answer too
}

// Regions answers questions.
type Regions interface {
	Ask(ctx context.Context, region string, q Question) (Answer, error)
}

// Sockets asks regions over unix sockets.
type Sockets func(region string) string

// patience is how long a region may take, which has the answer in memory.
const patience = 10 * time.Second

// Ask implements Regions.
func (s Sockets) Ask(ctx context.Context, region string, q Question) (a Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+region+Path, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", s(region))
		},
	}}
	got, err := client.Do(r)
	if err != nil {
		return a, err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return a, fmt.Errorf("region %s: %s", region, got.Status)
	}
	return a, json.NewDecoder(got.Body).Decode(&a)
}

// Handler answers a region's questions.
func Handler(answer func(Question) Answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(answer(q)) // who asked has gone away
	}
}

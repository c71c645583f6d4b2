// Package cloud is a local cloud: the AWS API on this machine, where what it says really happens.
//
// It is used as net/http/httptest is. A program that starts clouds calls [Main] first in its main, and a
// test in its TestMain, because a cloud's processes are that program again:
//
//	func TestMain(m *testing.M) {
//		cloud.Main()
//		os.Exit(m.Run())
//	}
//
//	func TestFailover(t *testing.T) {
//		c, err := cloud.Start(t.Context(), cloud.Options{Speed: 30})
//		if err != nil {
//			t.Fatal(err)
//		}
//		defer c.Close()
//		client := ec2.New(ec2.Options{BaseEndpoint: aws.String(c.Endpoint()), ...})
//	}
//
// A cloud needs Linux and user namespaces, and no privileges. Nothing of it touches the host's network but
// listeners on loopback, and when the program that started it ends, however it ends, so does the cloud.
package cloud

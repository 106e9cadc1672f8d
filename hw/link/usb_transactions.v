// usb_transactions - what answers a packet: handshakes, data toggles, and which endpoint is meant
//
// IN:  a packet of the endpoint, NAK if it has none, STALL if it is halted. The packet counts as sent
//      (acknowledge) only with the host's ACK; until then the same one is sent, with the same toggle.
// OUT: ACK and commit if there was room when the token came, NAK if not, STALL if halted; a packet whose
//      toggle says that we have it already is acknowledged and dropped. A packet that is not good gets no
//      answer. SETUP is always accepted.
//
// Answers begin DELAY cycles after the packet has ended: two to six and a half bit times after its end of
// packet, as the standard wants it. Endpoints: 0 control, 1 bulk both ways, once configured.

`default_nettype none

module usb_transactions (
    input  wire       clk,
    input  wire       rst,
    input  wire       done,        // a packet has come (usb_packet)
    input  wire       good,
    input  wire [3:0] pid,
    input  wire [6:0] packet_address,
    input  wire [3:0] packet_endpoint,
    input  wire [6:0] length,
    input  wire [6:0] address,     // ours
    input  wire       configured,
    input  wire       control_stall,
    input  wire       control_toggle,
    input  wire       halted_in,
    input  wire       halted_out,
    input  wire       clear_in,    // the toggle starts over
    input  wire       clear_out,
    input  wire       in_ready,    // endpoint 1 has a packet
    input  wire       out_free,    // endpoint 1 has room
    output wire       setup,       // data that comes is a SETUP
    output wire       setup_done,
    output wire       bulk_write,  // data that comes is for endpoint 1
    output wire       commit,      // and is good
    output wire       endpoint,    // of this transaction
    output wire       rewind,      // a packet is about to be sent: from its first byte
    output wire       hold,        // it is one of endpoint 1
    output wire       acknowledge, // the host has it
    output reg        send,
    output reg  [3:0] send_pid,
    output reg        send_data
);

    localparam [3:0] OUT = 4'b0001;
    localparam [3:0] IN = 4'b1001;
    localparam [3:0] SETUP = 4'b1101;
    localparam [3:0] DATA0 = 4'b0011;
    localparam [3:0] DATA1 = 4'b1011;
    localparam [3:0] ACK = 4'b0010;
    localparam [3:0] NAK = 4'b1010;
    localparam [3:0] STALL = 4'b1110;
    localparam [4:0] DELAY = 5'd18;

    reg       expect_q;      // data follows
    reg       setup_q;
    reg       endpoint_q;
    reg       room_q;        // there was, when the token came
    reg       sent_q;        // an ACK is awaited
    reg       toggle_in_q;
    reg       toggle_out_q;
    reg [4:0] wait_q;        // cycles until the answer; 0: none

    wire meant = packet_address == address &&
                 (packet_endpoint == 4'd0 || (packet_endpoint == 4'd1 && configured));
    wire token = done && good && meant && (pid == OUT || pid == IN || (pid == SETUP && packet_endpoint == 4'd0));
    wire data = done && good && expect_q && (pid == DATA0 || pid == DATA1);
    wire bulk = packet_endpoint[0];
    wire repeated = pid[3] != toggle_out_q;

    assign setup = expect_q && setup_q;
    assign setup_done = data && setup_q && pid == DATA0 && length == 7'd8;
    assign bulk_write = expect_q && endpoint_q && room_q;
    assign commit = data && endpoint_q && !halted_out && !repeated && room_q;
    assign endpoint = endpoint_q;
    assign acknowledge = done && good && pid == ACK && sent_q;
    assign rewind = token && pid == IN;
    assign hold = rewind && bulk && in_ready && !halted_in;

    wire in_stalls = bulk ? halted_in : control_stall;
    wire in_sends = bulk ? in_ready : 1'b1;
    wire out_stalls = !setup_q && (endpoint_q ? halted_out : control_stall);
    wire out_waits = endpoint_q && !repeated && !room_q;
    wire silent = setup_q && !setup_done;

    always @(posedge clk) begin
        if (done) begin
            expect_q <= token && pid != IN;
            sent_q <= rewind && !in_stalls && in_sends;
        end
        if (token) begin
            setup_q <= pid == SETUP;
            endpoint_q <= bulk;
            room_q <= out_free;
        end
        if (commit) toggle_out_q <= !toggle_out_q;
        if (acknowledge && endpoint_q) toggle_in_q <= !toggle_in_q;
        if (clear_in) toggle_in_q <= 1'b0;
        if (clear_out) toggle_out_q <= 1'b0;

        send <= wait_q == 5'd1;
        if (wait_q != 5'd0) wait_q <= wait_q - 5'd1;
        if (rewind) begin
            wait_q <= DELAY;
            send_data <= !in_stalls && in_sends;
            send_pid <= in_stalls ? STALL : !in_sends ? NAK :
                        (bulk ? toggle_in_q : control_toggle) ? DATA1 : DATA0;
        end
        if (data && !silent) begin
            wait_q <= DELAY;
            send_data <= 1'b0;
            send_pid <= out_stalls ? STALL : out_waits ? NAK : ACK;
        end
        if (rst) begin
            expect_q <= 1'b0;
            sent_q <= 1'b0;
            endpoint_q <= 1'b0;
            toggle_in_q <= 1'b0;
            toggle_out_q <= 1'b0;
            wait_q <= 5'd0;
            send <= 1'b0;
        end
    end

endmodule

`default_nettype wire

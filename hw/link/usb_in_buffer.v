// usb_in_buffer - bytes of a stream on their way to the host, one packet at a time
//
// Bytes gather until hold; from there to acknowledge they stay as they are, so that a packet whose
// acknowledgement was lost is sent again unchanged. ready: there is something to send, which after a
// packet of 64 may be an empty one: it tells the host that the transfer is over. rewind starts reading
// over; take moves to the next byte, which data shows two cycles later.

`default_nettype none

module usb_in_buffer (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire       hold,
    input  wire       acknowledge,
    output wire       ready,
    input  wire       rewind,
    input  wire       take,
    output wire [7:0] data,
    output wire       more
);

    localparam [6:0] PACKET = 7'd64;

    reg [7:0] memory [0:63];
    reg [7:0] data_q;
    reg [6:0] count_q;
    reg [6:0] read_q;
    reg       held_q;
    reg       empty_q;  // an empty packet is owed

    assign s_ready = !held_q && !hold && count_q != PACKET;
    assign ready = count_q != 7'd0 || empty_q;
    assign data = data_q;
    assign more = read_q != count_q;

    always @(posedge clk) begin
        if (s_valid && s_ready) memory[count_q[5:0]] <= s_data;
        data_q <= memory[read_q[5:0]];
    end

    always @(posedge clk) begin
        if (s_valid && s_ready) count_q <= count_q + 7'd1;
        if (hold) held_q <= 1'b1;
        if (rewind) read_q <= 7'd0;
        else if (take) read_q <= read_q + 7'd1;
        if (acknowledge) begin
            held_q <= 1'b0;
            empty_q <= count_q == PACKET;
            count_q <= 7'd0;
        end
        if (rst) begin
            count_q <= 7'd0;
            read_q <= 7'd0;
            held_q <= 1'b0;
            empty_q <= 1'b0;
        end
    end

`ifdef FORMAL
    // Whichever byte is watched, what was written to it last is in it.
    (* anyconst *) reg [5:0] watched;
    reg       known_q = 1'b0;
    reg [7:0] kept_q;

    always @(posedge clk)
        if (s_valid && s_ready && count_q[5:0] == watched) begin
            known_q <= 1'b1;
            kept_q <= s_data;
        end

    always @* if (known_q) assert (memory[watched] == kept_q);
`endif

endmodule

`default_nettype wire

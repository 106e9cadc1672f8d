// row_sender - sends the rows of a psum bank, each as three bytes, least significant first
//
// start begins with row 0 of a bank; `rows` (0 stands for 256) is held until done, which is high
// for one cycle after the one that reads the last row. word is where the next row is: two rows share a
// word of the bank, whose even row read_data must be in the cycle after one with `turn` high, and its
// odd row in the next. idle: nothing is left to send. m_valid stays high and m_data the same until
// m_ready. Two rows take 10 cycles if m_ready stays high.

`default_nettype none

module row_sender (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire [7:0]  rows,
    output reg         done,
    output wire        idle,
    input  wire        turn,
    output wire [6:0]  word,
    input  wire [23:0] read_data,
    output wire [7:0]  m_data,
    output wire        m_valid,
    input  wire        m_ready
);

    reg        reading_q;   // rows are left to read
    reg        arriving_q;  // read_data is the even row of the word that was read,
    reg        odd_q;       // or, after it, the odd row, which is what was asked for
    reg        odd_arriving_q;
    reg [7:0]  row_q;
    reg [23:0] bytes_q;
    reg [1:0]  left_q;      // bytes left in bytes_q

    wire       moved = m_valid && m_ready;
    reg        may_read_q;  // a row is left to read, none under way, and one byte at most to be sent
    wire       read = may_read_q && turn && (!m_valid || m_ready);
    reg  [7:0] row_next_q;
    reg        last_q;      // row_q is the last row: settled in time, as reads are cycles apart

    wire       arrived = odd_arriving_q || (arriving_q && !odd_q);

    assign word = row_q[7:1];
    assign idle = !reading_q && !arriving_q && !odd_arriving_q && left_q == 2'd0;
    assign m_data = bytes_q[7:0];
    assign m_valid = left_q != 2'd0;

    always @(posedge clk) begin
        may_read_q <= (start || reading_q) && !read && !arriving_q && !odd_arriving_q
            && (!left_q[1] || (left_q == 2'd2 && moved)) && !rst;
        arriving_q <= read;
        done <= read && last_q && !rst;
        odd_arriving_q <= arriving_q && odd_q;
        if (read)
            odd_q <= row_q[0];
        last_q <= start ? rows == 8'd1 : row_next_q == rows;
        row_next_q <= start ? 8'd1 : row_q + 8'd1;
        if (start) begin
            reading_q <= 1'b1;
            row_q <= 8'd0;
        end else if (read) begin
            reading_q <= !last_q;
            row_q <= row_next_q;
        end
        if (arrived) begin
            bytes_q <= read_data;
            left_q <= 2'd3;
        end else if (moved) begin
            bytes_q <= {8'd0, bytes_q[23:8]};
            left_q <= left_q - 2'd1;
        end
        if (rst) begin
            reading_q <= 1'b0;
            arriving_q <= 1'b0;
            odd_arriving_q <= 1'b0;
            left_q <= 2'd0;
        end
    end

endmodule

`default_nettype wire

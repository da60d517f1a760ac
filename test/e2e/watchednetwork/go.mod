module watched-network

go 1.26
